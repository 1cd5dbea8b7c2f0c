// Small helpers that build the page's elements; text is always set as text.

type Child = Node | string;

export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  className: string,
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const node = document.createElement(tag);
  node.className = className;
  node.append(...children);
  return node;
}

export function button(
  className: string,
  label: string,
  action: () => void,
  ...children: Child[]
): HTMLButtonElement {
  const node = element("button", className, ...(children.length > 0 ? children : [label]));
  node.type = "button";
  node.setAttribute("aria-label", label);
  node.addEventListener("click", action);
  return node;
}

/** Says what a picture shows to who cannot see it; before there is something to say it is no picture. */
export function describePicture(node: HTMLElement, text: string): void {
  node.setAttribute("role", "img");
  node.setAttribute("aria-label", text);
}

const SVG = "http://www.w3.org/2000/svg";

export function svg(
  tag: string,
  attributes: Readonly<Record<string, string | number>>,
  ...children: Child[]
): SVGElement {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, String(value));
  node.append(...children);
  return node;
}

/** A sample of a run's line, beside its name. */
export function dash(kind: "run" | "past" | `compared-${number}`): SVGElement {
  return svg(
    "svg",
    { class: `gb-Dash gb-mod-${kind}`, viewBox: "0 0 22 10", width: 22, height: 10, "aria-hidden": "true" },
    svg("path", { d: "M0 5H22" }),
  );
}

/** The arrow of a menu button. */
export function caret(): SVGElement {
  return svg(
    "svg",
    { class: "gb-Caret", viewBox: "0 0 10 10", width: 10, height: 10, "aria-hidden": "true" },
    svg("path", { d: "M1.5 3.5 5 7l3.5-3.5" }),
  );
}

/** The heading of a chart: bold name, quiet unit. Returns the unit's element, whose text may change. */
export function heading(name: string): { node: HTMLElement; unit: HTMLElement } {
  const unit = element("span", "gb-Heading-unit");
  return { node: element("div", "gb-Heading", element("b", "", name), unit), unit };
}
