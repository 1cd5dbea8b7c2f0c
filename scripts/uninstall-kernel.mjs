// npm run uninstall-kernel: takes back what npm run install-kernel has done. The work is done in commands/uninstall-kernel.ts,
// on the project's own Node.
import { bootstrap } from "./setup/bootstrap.mjs";

await bootstrap("uninstall-kernel", { tests: false });
