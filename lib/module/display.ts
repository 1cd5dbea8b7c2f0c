// How a model looks in a notebook: a tree of its modules, with the shapes of their parameters and how many there are.

import { formatShape } from "../graph/shape.js";
import { escapeHtml, quietHtml } from "../tensor/html.js";
import type { Module } from "./module.js";

/** Of larger models only the outermost level is open at first. */
const OPEN_MODULES = 40;

/** A model in the formats that a notebook shows. */
export function moduleDisplay(module: Module): Record<string, string> {
  const open = module.modules().length <= OPEN_MODULES;
  return { "text/plain": module.toString(), "text/html": tree(module, "", true, open) };
}

function tree(module: Module, key: string, open: boolean, openInside: boolean): string {
  const children = [...module.namedChildren()];
  const name = key === "" ? "" : quietHtml(`(${key}) `);
  const title = `${name}<b>${escapeHtml(module.constructor.name)}</b>`;
  if (children.length === 0) {
    return `<div style="padding-left:1em">${title}(${escapeHtml(module.extraRepr())}) ${quietHtml(parameters(module, ""))}</div>`;
  }
  const inside = children.map(([key, child]) => tree(child, key, openInside, openInside)).join("");
  const own = quietHtml(
    parameters(module, children.length === 1 ? "1 module" : `${children.length} modules`),
  );
  const body = `<div style="padding-left:1em">${inside}</div>`;
  return `<details${open ? " open" : ""}><summary>${title} ${own}</summary>${body}</details>`;
}

/** "weight [300, 784], bias [300]: 235,500": the module's own ones by name, and how many numbers are in it altogether. */
function parameters(module: Module, prefix: string): string {
  const all = module.parameters();
  const own = [...module.namedParameters()].filter(([name]) => !name.includes("."));
  const frozen = (requiresGrad: boolean): string => (requiresGrad ? "" : " frozen");
  const names = own.map(
    ([name, { shape, requiresGrad }]) => `${name} ${formatShape(shape)}${frozen(requiresGrad)}`,
  );
  const count = all.reduce((sum, parameter) => sum + parameter.numel(), 0);
  const words = [prefix, ...names].filter((word) => word !== "").join(", ");
  return count === 0 ? words : `${words}: ${count.toLocaleString("en-US")} parameters`;
}
