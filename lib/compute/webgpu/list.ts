// A program that writes what WebGPU finds on this machine as JSON, in its last line: AdapterDescriptions, or {error}. It ends by a
// signal, since Dawn may crash when a process ends by itself.

import { writeSync } from "node:fs";
import { describeAdapter, findAdapters } from "./adapter.js";

let found: unknown;
try {
  found = (await findAdapters()).map(describeAdapter);
} catch (error) {
  found = { error: (error as Error).message };
}
writeSync(1, `\n${JSON.stringify(found)}`);
process.kill(process.pid, "SIGKILL");
