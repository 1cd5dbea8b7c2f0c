// The marks of health: a filled circle, a triangle, a square, each in its colour, so that neither has to be told alone.

import type { TranslationBundle } from "@jupyterlab/translation";
import type { Health } from "../charts/health.js";
import { svg } from "./dom.js";

const SHAPES: Readonly<Record<Health, string>> = {
  ok: "M5 0a5 5 0 1 0 0 10a5 5 0 1 0 0-10z",
  watch: "M5 0.5L10 9.5H0z",
  sick: "M0.5 0.5h9v9h-9z",
  unknown: "M5 1a4 4 0 1 0 0 8a4 4 0 1 0 0-8zm0 1.5a2.5 2.5 0 1 1 0 5a2.5 2.5 0 1 1 0-5z",
};

export function glyph(health: Health, trans: TranslationBundle): SVGElement {
  const names: Readonly<Record<Health, string>> = {
    ok: trans.__("healthy"),
    watch: trans.__("to watch"),
    sick: trans.__("sick"),
    unknown: trans.__("not judged"),
  };
  return svg(
    "svg",
    { class: `gb-Glyph gb-mod-${health}`, viewBox: "0 0 10 10", role: "img", "aria-label": names[health] },
    svg("path", { d: SHAPES[health] }),
  );
}
