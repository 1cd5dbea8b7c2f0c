// The sign of a lane: the dash of its run, in its colour.

import { dash } from "../dom.js";

export function laneDash(lane: number): SVGElement {
  if (lane === 0) return dash("run");
  return lane <= 3 ? dash(`compared-${lane - 1}`) : dash("past");
}
