// The design tokens of style/tokens.css as numbers and colours that a chart can use, and news when the theme changes.

export interface Tokens {
  readonly font: string;
  readonly tickSize: number;
  readonly noteSize: number;
  readonly background: string;
  readonly ink: string;
  readonly inkQuiet: string;
  readonly border: string;
  readonly grid: string;
  readonly axis: string;
  readonly band: string;
  readonly ok: string;
  readonly sick: string;
  readonly reference: string;
  readonly run: string;
  /** Colours of the runs beside it. */
  readonly compared: readonly [string, string, string];
  readonly past: string;
  readonly rawAlpha: number;
  /** Widths in pixels: a run's line, the line of a run beside it, a single step's. */
  readonly stroke: number;
  readonly strokeGhost: number;
  readonly strokeRaw: number;
  /** Diameter of a marker. */
  readonly marker: number;
  readonly layers: readonly string[];
  /** Ramp of densities, from none to most. */
  readonly density: readonly string[];
  /** Ramp of signed values: below zero, zero, above. */
  readonly signed: readonly [string, string, string];
  /** Ramp of pictures, from nothing to full. */
  readonly picture: readonly [string, string];
}

/** Reads the tokens that hold at `node`, which must be within an element of class gb-Monitor. */
export function readTokens(node: Element): Tokens {
  const style = getComputedStyle(node);
  const text = (name: string): string => style.getPropertyValue(`--gb-${name}`).trim();
  const pixels = (name: string): number => Number.parseFloat(text(name));
  return {
    font: text("font"),
    tickSize: pixels("size-tick"),
    noteSize: pixels("size-small"),
    background: text("bg"),
    ink: text("ink"),
    inkQuiet: text("ink-quiet"),
    border: text("line-strong"),
    grid: text("grid"),
    axis: text("axis"),
    band: text("band"),
    ok: text("ok"),
    sick: text("sick"),
    reference: text("reference"),
    run: text("run-1"),
    compared: [text("run-2"), text("run-3"), text("run-4")],
    past: text("run-past"),
    rawAlpha: pixels("raw-alpha"),
    stroke: pixels("stroke"),
    strokeGhost: pixels("stroke-ghost"),
    strokeRaw: pixels("stroke-raw"),
    marker: pixels("marker"),
    layers: [0, 1, 2, 3, 4, 5].map((index) => text(`layer-${index}`)),
    density: [0, 1, 2, 3, 4].map((index) => text(`density-${index}`)),
    signed: [text("minus"), text("zero"), text("plus")],
    picture: [text("picture-0"), text("picture-1")],
  };
}

/**
 * Calls `listener` after JupyterLab has switched its theme, when the new variables hold; the returned function ends
 * that. (The theme manager's own signal comes before they do, and mime renderers have no theme manager.)
 */
export function onThemeChange(listener: () => void): () => void {
  const observer = new MutationObserver(listener);
  observer.observe(document.body, {
    attributes: true,
    attributeFilter: ["data-jp-theme-name", "data-jp-theme-light"],
  });
  return () => observer.disconnect();
}

/** The colour at `t` (0 to 1) of a ramp of #rrggbb colours. */
export function rampColor(stops: readonly string[], t: number): string {
  const position = Math.min(Math.max(t, 0), 1) * (stops.length - 1);
  const index = Math.min(Math.floor(position), stops.length - 2);
  const channels = [1, 3, 5].map((start) => {
    const from = Number.parseInt(stops[index]!.slice(start, start + 2), 16);
    const to = Number.parseInt(stops[index + 1]!.slice(start, start + 2), 16);
    return Math.round(from + (to - from) * (position - index));
  });
  return `rgb(${channels.join(", ")})`;
}
