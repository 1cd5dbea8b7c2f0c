// The signs on the monitor's buttons, drawn in the text's colour.

import { svg } from "./dom.js";

const SHAPES = {
  play: "M8 5v14l11-7z",
  pause: "M6 5h4v14H6zM14 5h4v14h-4z",
  step: "M6 5v14l9.5-7zM16.5 5H19v14h-2.5z",
  stop: "M6 6h12v12H6z",
  fork: "M18 16a3 3 0 0 0-2.2 1L8.900 13a3 3 0 0 0 0-2l6.900-4a3 3 0 1 0-.8-2c0 .3 0 .6.1.9l-7 4a3 3 0 1 0 0 4.200l7 4A3 3 0 1 0 18 16z",
  export: "M5 20h14v-2H5zM19 9h-4V3H9v6H5l7 7z",
  more: "M6 10a2 2 0 1 0 0 4 2 2 0 0 0 0-4zm6 0a2 2 0 1 0 0 4 2 2 0 0 0 0-4zm6 0a2 2 0 1 0 0 4 2 2 0 0 0 0-4z",
  closed: "M10 17l5-5-5-5z",
  open: "M7 10l5 5 5-5z",
} as const;

export type IconName = keyof typeof SHAPES;

export function icon(name: IconName): SVGElement {
  return svg(
    "svg",
    { class: "gb-Icon", viewBox: "0 0 24 24", "aria-hidden": "true" },
    svg("path", { d: SHAPES[name] }),
  );
}
