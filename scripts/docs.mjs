// npm run docs: writes the API reference from the docstrings. The work is done in commands/docs.ts, on the project's own Node.
import { bootstrap } from "./setup/bootstrap.mjs";

await bootstrap("docs", { tests: false });
