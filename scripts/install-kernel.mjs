// npm run install-kernel: makes the kernel known to Jupyter programs outside this project. The work is done in commands/install-kernel.ts,
// on the project's own Node.
import { bootstrap } from "./setup/bootstrap.mjs";

await bootstrap("install-kernel", { tests: false });
