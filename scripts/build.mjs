// npm run build: compiles the library, the kernel and the extension. The work is done in commands/build.ts, on the project's own Node.
import { bootstrap } from "./setup/bootstrap.mjs";

await bootstrap("build", { tests: false });
