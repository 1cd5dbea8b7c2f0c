// A model as Python: containers as they are nested, layers as calls, classes of the user's own as far as that can go.

import type { Module } from "../../module/module.js";
import { Sequential } from "../../nn/containers.js";
import { ModuleDict } from "../../nn/module-dict.js";
import { ModuleList } from "../../nn/module-list.js";
import { snakeCase } from "../../tensor/python-names.js";
import { layerCall } from "./layers.js";
import { indented, literal } from "./python.js";

export interface WrittenModule {
  /** Classes that must be defined before, in their order. */
  readonly classes: readonly string[];
  readonly code: string;
}

/** The expression that makes `model`. */
export function writeModule(model: Module): WrittenModule {
  const classes = new Map<string, string>();
  const code = expression(model, classes);
  return { classes: [...classes.values()], code };
}

function expression(module: Module, classes: Map<string, string>): string {
  const children = [...module.namedChildren()];
  const inside = (): string[] => children.map(([, child]) => `${expression(child, classes)},`);
  const wrapped = (open: string, lines: readonly string[], close: string): string =>
    lines.length === 0 ? open + close : `${open}\n${indented(lines.join("\n"))}\n${close}`;
  if (module instanceof Sequential) return wrapped("nn.Sequential(", inside(), ")");
  if (module instanceof ModuleList) return wrapped("nn.ModuleList([", inside(), "])");
  if (module instanceof ModuleDict) {
    const items = children.map(([name, child]) => `${literal(name)}: ${expression(child, classes)},`);
    return wrapped("nn.ModuleDict({", items, "})");
  }
  const layer = layerCall(module);
  const name = module.constructor.name;
  if (layer !== undefined) {
    if (layer.define !== undefined) classes.set(name, layer.define);
    return layer.code;
  }
  // instances of one class may differ in what is in them: each gets a class of its own
  let className = name;
  for (let number = 2; classes.has(className); number++) className = `${name}${number}`;
  classes.set(className, ""); // its place is behind those of its parts
  const definition = skeleton(className, module, classes);
  classes.delete(className);
  classes.set(className, definition);
  return `${className}()`;
}

/** A class with the parts of a module of the user's own. Its forward is TypeScript, and has to be translated by hand. */
function skeleton(name: string, module: Module, classes: Map<string, string>): string {
  const fields = [...module.namedChildren()].map(
    ([field, child]) => `self.${snakeCase(field)} = ${expression(child, classes)}`,
  );
  const own = [...module.namedParameters()].filter(([path]) => !path.includes("."));
  for (const [field, parameter] of own) {
    fields.push(`self.${field} = nn.Parameter(torch.zeros(${literal(parameter.shape)}))`);
  }
  for (const [field, buffer] of [...module.namedBuffers()].filter(([path]) => !path.includes("."))) {
    fields.push(`self.register_buffer(${literal(field)}, torch.zeros(${literal(buffer.shape)}))`);
  }
  const source = module.forward.toString().replace(/^/gm, "# ");
  const init = indented(["super().__init__()", ...fields].join("\n"), 2);
  const forward = indented(
    `${source}\nraise NotImplementedError("translate ${name}.forward from the TypeScript above")`,
    2,
  );
  return `class ${name}(nn.Module):\n    def __init__(self):\n${init}\n\n    def forward(self, *inputs):\n${forward}`;
}
