// npm run bench: the benchmarks beside their peers. The work is done in commands/bench.ts, on the project's own Node.
import { bootstrap } from "./setup/bootstrap.mjs";

await bootstrap("bench", { tests: false });
