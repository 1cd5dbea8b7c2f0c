// A picture of what a screen shows, as SVG that stands on its own: its drawings with their computed look, and its texts.

const XMLNS = "http://www.w3.org/2000/svg";

/** What of an element's computed look has to be written down where no stylesheet reaches. */
const LOOK = [
  "fill",
  "fill-opacity",
  "stroke",
  "stroke-width",
  "stroke-opacity",
  "stroke-dasharray",
  "stroke-linejoin",
  "paint-order",
  "opacity",
  "font-family",
  "font-size",
  "font-weight",
  "text-anchor",
  "visibility",
  "display",
] as const;

/** Controls say nothing in a picture. */
const LEFT_OUT = "button, input, .gb-Segmented, .gb-Spoken, [hidden]";

/** Everything drawn and written within `node`, at its size on the page. */
export function svgOf(node: HTMLElement): string {
  const box = node.getBoundingClientRect();
  const [width, height] = [Math.ceil(box.width), Math.ceil(box.height)];
  const root = document.createElementNS(XMLNS, "svg");
  root.setAttribute("xmlns", XMLNS);
  root.setAttribute("viewBox", `0 0 ${width} ${height}`);
  root.setAttribute("width", String(width));
  root.setAttribute("height", String(height));
  const back = document.createElementNS(XMLNS, "rect");
  back.setAttribute("width", "100%");
  back.setAttribute("height", "100%");
  back.setAttribute("fill", getComputedStyle(node).backgroundColor);
  root.append(back);
  for (const drawing of node.querySelectorAll<SVGSVGElement | HTMLCanvasElement>("svg, canvas")) {
    if (drawing.parentElement?.closest("svg") || drawing.closest(LEFT_OUT)) continue;
    const at = drawing.getBoundingClientRect();
    if (at.width === 0 || at.height === 0) continue;
    const copy = drawing instanceof HTMLCanvasElement ? imageOf(drawing) : copyOf(drawing);
    copy.setAttribute("x", String(at.left - box.left));
    copy.setAttribute("y", String(at.top - box.top));
    copy.setAttribute("width", String(at.width));
    copy.setAttribute("height", String(at.height));
    root.append(copy);
  }
  for (const text of texts(node, box)) root.append(text);
  return new XMLSerializer().serializeToString(root);
}

/** An SVG as PNG, twice as fine as on the page. */
export async function pngOf(svg: string): Promise<Blob> {
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = 2 * image.width;
  canvas.height = 2 * image.height;
  canvas.getContext("2d")!.drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("The picture could not be drawn."))));
  });
}

function imageOf(canvas: HTMLCanvasElement): SVGElement {
  const image = document.createElementNS(XMLNS, "image");
  image.setAttribute("href", canvas.toDataURL());
  return image;
}

function copyOf(drawing: SVGSVGElement): SVGElement {
  const copy = drawing.cloneNode(true) as SVGElement;
  const [originals, copies] = [drawing.querySelectorAll("*"), copy.querySelectorAll("*")];
  dress(drawing, copy);
  for (const [index, original] of originals.entries()) dress(original, copies[index]!);
  return copy;
}

function dress(original: Element, copy: Element): void {
  const style = getComputedStyle(original);
  copy.removeAttribute("style");
  copy.removeAttribute("class");
  for (const name of LOOK) {
    const value = style.getPropertyValue(name);
    if (value !== "") copy.setAttribute(name, value);
  }
  // references to parts of the page carry its address
  const clip = copy.getAttribute("clip-path");
  if (clip) copy.setAttribute("clip-path", clip.replace(/url\(['"]?[^#]*#([^'")]*)['"]?\)/, "url(#$1)"));
}

function texts(node: HTMLElement, box: DOMRect): SVGElement[] {
  const found: SVGElement[] = [];
  const walker = document.createTreeWalker(node, NodeFilter.SHOW_TEXT);
  for (let text = walker.nextNode(); text; text = walker.nextNode()) {
    const parent = text.parentElement!;
    if (parent.closest(`svg, ${LEFT_OUT}`)) continue;
    const style = getComputedStyle(parent);
    for (const { words, at } of linesOf(text as Text)) {
      const line = document.createElementNS(XMLNS, "text");
      line.setAttribute("x", String(at.left - box.left));
      line.setAttribute("y", String(at.top - box.top + at.height * 0.76));
      line.setAttribute("fill", style.color);
      line.setAttribute("font-family", style.fontFamily);
      line.setAttribute("font-size", style.fontSize);
      line.setAttribute("font-weight", style.fontWeight);
      line.textContent = words;
      found.push(line);
    }
  }
  return found;
}

/** The lines that a text is broken into on the page. */
function linesOf(text: Text): { words: string; at: DOMRect }[] {
  const range = document.createRange();
  const lines: { words: string; at: DOMRect }[] = [];
  for (const match of text.data.matchAll(/\S+\s*/g)) {
    range.setStart(text, match.index);
    range.setEnd(text, match.index + match[0].length);
    const at = range.getClientRects()[0];
    if (!at || at.width === 0) continue;
    const last = lines.at(-1);
    if (last && Math.abs(last.at.top - at.top) < 2) last.words += match[0];
    else lines.push({ words: match[0], at });
  }
  return lines;
}
