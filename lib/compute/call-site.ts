// Which line of user code is running: looked up once for each plan, when it is made, because taking a stack costs more than
// recording an operation.

const LIBRARY = new URL("../", import.meta.url).href;
const FRAMES = 60;

/** "cell [3], line 12", or "train.ts:12" outside of notebooks; empty where no frame is the user's. */
export function callSite(): string {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = FRAMES;
  const stack = new Error().stack ?? "";
  Error.stackTraceLimit = limit;
  for (const frame of stack.split("\n").slice(1)) {
    if (frame.includes(LIBRARY) || frame.includes("node:")) continue;
    const cell = /\bcell\[([^\]]*)\]\.ts:(\d+):\d+/.exec(frame);
    if (cell !== null) return `cell [${cell[1]}], line ${cell[2]}`;
    const place = /([^/\\(]+):(\d+):\d+\)?$/.exec(frame);
    if (place !== null) return `${place[1]}:${place[2]}`;
  }
  return "";
}
