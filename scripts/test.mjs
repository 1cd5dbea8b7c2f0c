// npm test: builds, checks and tests everything; names filter the groups. The work is done in commands/test.ts, on the project's own Node.
import { bootstrap } from "./setup/bootstrap.mjs";

await bootstrap("test", { tests: true });
