// npm run notebooks: executes the notebooks headless. The work is done in commands/notebooks.ts, on the project's own Node.
import { bootstrap } from "./setup/bootstrap.mjs";

await bootstrap("notebooks", { tests: false });
