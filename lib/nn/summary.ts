// What a model consists of: shapes, parameters and floating-point operations of each of its modules.

import { bodyOf } from "../graph/composite.js";
import { type Node, opNamed } from "../graph/node.js";
import { elements, formatShape } from "../graph/shape.js";
import { evalMode, Module } from "../module/index.js";
import { zeros } from "../tensor/create.js";
import { printsAs } from "../tensor/printing.js";
import { noGrad } from "../tensor/scope.js";
import { Tensor } from "../tensor/tensor.js";

/** One module of a model. */
export interface SummaryRow {
  /** Its name in the model; "" for the model itself. */
  readonly path: string;
  readonly kind: string;
  /** Shape of its output; null where that is not a single tensor, or it was not called. */
  readonly outputShape: readonly number[] | null;
  /** Parameters of its own, not of modules inside. */
  readonly parameters: number;
  /** How many of them get no gradient. */
  readonly frozen: number;
  /** Operations of its own, all calls together. */
  readonly flops: number;
}

/** A table of a model's modules; prints as text.
 *  @example nn.summary(model, [16, 4]).parameters // -> 67 */
export class Summary {
  readonly rows: readonly SummaryRow[];

  constructor(rows: readonly SummaryRow[]) {
    this.rows = rows;
  }

  private total(of: (row: SummaryRow) => number): number {
    return this.rows.reduce((sum, row) => sum + of(row), 0);
  }
  get parameters(): number {
    return this.total((row) => row.parameters);
  }
  /** Parameters that get no gradient. */
  get frozen(): number {
    return this.total((row) => row.frozen);
  }
  /** Of one forward pass for the inputs given. Training takes about three times as many. */
  get flops(): number {
    return this.total((row) => row.flops);
  }

  toString(): string {
    const count = (n: number): string => n.toLocaleString("en-US");
    const table = [
      ["Layer", "Output shape", "Parameters", "FLOPs"],
      ...this.rows.map(({ path, kind, outputShape, parameters, flops }) => [
        path === "" ? kind : `${"  ".repeat(path.split(".").length)}${path}: ${kind}`,
        outputShape === null ? "-" : formatShape(outputShape),
        count(parameters),
        count(flops),
      ]),
    ];
    const widths = table[0]!.map((_, i) => Math.max(...table.map((row) => row[i]!.length)));
    const line = (row: readonly string[]): string =>
      row.map((cell, i) => (i < 2 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join("  ");
    const rule = "-".repeat(line(table[0]!).length);
    const { parameters, frozen, flops } = this;
    const share = parameters === 0 ? 0 : (100 * frozen) / parameters;
    return [
      line(table[0]!),
      rule,
      ...table.slice(1).map(line),
      rule,
      `Parameters: ${count(parameters)}, of which frozen: ${count(frozen)} (${Math.round(share)} %)`,
      `FLOPs of a forward pass: ${count(flops)}`,
    ].join("\n");
  }
}

printsAs(Summary);

/** Operations that computing a node from its inputs takes: 2 m n k for a product, one for each element otherwise. */
function flopsOf(node: Node): number {
  const body = bodyOf(node);
  if (body !== undefined) return flopsBelow([body.root], new Set());
  const { op, inputs, shape } = node;
  const { kind } = opNamed(op!.name).lowering;
  if (kind === "matmul") return 2 * elements(shape) * inputs[0]!.shape.at(-1)!;
  if (kind === "reduce") return elements(inputs[0]!.shape);
  return kind === "elementwise" && inputs.length > 0 && !PLAIN.has(op!.name) ? elements(shape) : 0;
}

/** Elementwise operations without arithmetic. */
const PLAIN: ReadonlySet<string> = new Set(["identity", "cast"]);

/** Operations of `roots` and of pending nodes below them that are not in `counted` yet; they are put there. */
function flopsBelow(roots: readonly Node[], counted: Set<Node>): number {
  const stack = [...roots];
  let sum = 0;
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (counted.has(node) || !node.pending) continue;
    counted.add(node);
    sum += flopsOf(node);
    stack.push(...node.inputs);
  }
  return sum;
}

function nodesIn(value: unknown): Node[] {
  if (value instanceof Tensor) return [value.storage.node];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(nodesIn) : [];
}

/** A table of the modules of `model` in the order in which they are registered: output shapes, parameters, and floating-point
 *  operations (a multiplication and an addition are two). `inputs` are the shapes of the model's inputs, or the inputs.
 *
 *  The model is called once in evaluation mode; what it would compute is only counted, and nothing of it is run.
 *
 *  ```ts
 *  const model = nn.Sequential(nn.Flatten(), nn.Linear(784, 10));
 *  nn.summary(model, [32, 1, 28, 28]).parameters // -> 7850
 *  ``` */
export function summary(model: Module, ...inputs: readonly (Tensor | readonly number[])[]): Summary {
  if (!(model instanceof Module)) throw new TypeError(`summary: needs a module, got ${typeof model}`);
  if (inputs.length === 0) {
    throw new TypeError(
      "summary: needs the shapes of the model's inputs, for example summary(model, [32, 784])",
    );
  }
  const values = inputs.map((input) => (input instanceof Tensor ? input : zeros(input)));
  const counted = new Set<Node>();
  flopsBelow(nodesIn([values, model.parameters(), model.buffers()]), counted);
  const shapes = new Map<Module, readonly number[]>();
  const flops = new Map<Module | undefined, number>();
  // what a module's inputs are computed with belongs to the module that calls it
  const callers: Module[] = [];
  const count = (module: Module | undefined, made: readonly unknown[]): void => {
    flops.set(module, (flops.get(module) ?? 0) + flopsBelow(nodesIn(made), counted));
  };
  const handles = model.modules().flatMap((module) => [
    module.tapForwardPre((_, given) => {
      count(callers.at(-1), given);
      callers.push(module);
    }),
    module.tapForward((_, __, output) => {
      count(callers.pop(), [output]);
      if (output instanceof Tensor) shapes.set(module, output.shape);
    }),
  ]);
  try {
    const call = model as unknown as (...args: readonly unknown[]) => unknown;
    evalMode(model, () => noGrad(() => call(...values)));
  } finally {
    for (const handle of handles) handle.remove();
  }
  const listed = new Set<Tensor>();
  return new Summary(
    [...model.namedModules()].map(([path, module]) => {
      const inside = new Set(module.children().flatMap((child) => child.parameters()));
      const own = module.parameters().filter((parameter) => !inside.has(parameter) && !listed.has(parameter));
      const size = (parameters: readonly Tensor[]): number => {
        return parameters.reduce((sum, parameter) => sum + parameter.numel(), 0);
      };
      for (const parameter of own) listed.add(parameter);
      return {
        path,
        kind: module.constructor.name,
        outputShape: shapes.get(module) ?? null,
        parameters: size(own),
        frozen: size(own.filter(({ requiresGrad }) => !requiresGrad)),
        flops: flops.get(module) ?? 0,
      };
    }),
  );
}
