// npm start: opens JupyterLab on the first notebook. The work is done in commands/start.ts, on the project's own Node.
import { bootstrap } from "./setup/bootstrap.mjs";

await bootstrap("start", { tests: false });
