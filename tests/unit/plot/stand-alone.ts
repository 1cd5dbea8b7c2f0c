// What keeps an SVG from being shown as it is where scripts are stripped and nothing is fetched: in GitHub's pages, in nbviewer.

/** Grounds that notebooks are shown on: white, and GitHub's dark one. */
const GROUNDS = ["#ffffff", "#0d1117"];
/** One grey cannot have 4.5 : 1 on both. */
const CONTRAST = 4.3;
/** What an SVG may consist of here. */
const PARTS = /^(svg|g|title|path|rect|circle|line|text|tspan|image)$/;

/** The faults of an SVG, in words. */
export function standsAlone(svg: string): string[] {
  const faults: string[] = [];
  if (!svg.startsWith('<svg xmlns="http://www.w3.org/2000/svg" viewBox='))
    faults.push("is no SVG with a view box");
  const open: string[] = [];
  for (const [, close, name, , empty] of svg.matchAll(/<(\/?)(\w+)((?:\s+[\w:-]+="[^"<]*")*)\s*(\/?)>/g)) {
    if (close) {
      if (open.pop() !== name) faults.push(`</${name}> closes something else`);
      continue;
    }
    if (!PARTS.test(name!)) faults.push(`has <${name}>`);
    if (!empty) open.push(name!);
  }
  if (open.length > 0) faults.push(`<${open.join(", ")}> is not closed`);
  if (/\son\w+=/.test(svg)) faults.push("has a handler of events");
  for (const [reference] of svg.matchAll(/(?:href|src)="(?!data:image\/png;base64,)[^"]*"|url\([^)]*\)/g))
    faults.push(`refers to ${reference}`);
  for (const [attribute] of svg.matchAll(
    / (?:d|c?[xy]|r|width|height|viewBox|transform)="[^"]*(?:NaN|undefined|Infinity)[^"]*"/g,
  ))
    faults.push(`has${attribute.slice(0, 80)}`);
  const ink = /^<svg[^>]* fill="(#[0-9a-f]{6})"/.exec(svg)?.[1];
  if (ink === undefined) faults.push("has type of no colour");
  else
    for (const ground of GROUNDS) {
      const ratio = contrast(ink, ground);
      if (ratio < CONTRAST) faults.push(`has type with a contrast of ${ratio.toFixed(2)} on ${ground}`);
    }
  return faults;
}

/** WCAG 2.2, 1.4.3. */
function contrast(a: string, b: string): number {
  const [dark, light] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (light! + 0.05) / (dark! + 0.05);
}

function luminance(color: string): number {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const share = Number.parseInt(color.slice(at, at + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
}
