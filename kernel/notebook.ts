// What the kernel itself offers to cells: `display` (preloaded) and, by `import { comms } from "@gradbook/kernel/notebook"`,
// messages to and from the front end.

export { type Comm, type CommMessage, comms } from "./run/comms.js";
export { type Display, type DisplayHandle, type DisplayOptions, display } from "./run/display.js";
