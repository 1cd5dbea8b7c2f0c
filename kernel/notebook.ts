// What the kernel itself offers to cells: `display` (preloaded) and, by `import { html, comms } from "@gradbook/kernel/notebook"`,
// pieces of pages to put together, and messages to and from the front end.

export { type Comm, type CommMessage, comms } from "./run/comms.js";
export { type Display, type DisplayHandle, type DisplayOptions, display } from "./run/display.js";
export { jsx } from "./run/rich/jsx.js";
export { html, latex, Markup, type MarkupTag, markdown, svg } from "./run/rich/markup.js";
export { Progress } from "./run/rich/progress.js";
