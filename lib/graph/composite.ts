// Composite operations: one recorded node that stands for a small graph of other operations, as a layer's output or its gradient
// with respect to a weight. What a step costs the thread that records it is proportional to its nodes; plans never see
// composites, since expand.ts writes out what they stand for at the first sight of a structure.

import { differentiate, reverseOrder } from "./differentiate.js";
import { type DType, isFloat } from "./dtype.js";
import {
  type Derivative,
  defineOp,
  isGradEnabled,
  NO_ATTRIBUTES,
  Node,
  type Op,
  record,
  withGradModeNow,
} from "./node.js";
import { full } from "./ops/index.js";
import type { Shape } from "./shape.js";
import type { Attributes } from "./spec.js";

/** Records what a composite stands for: a function of its inputs' shapes and types and of its attributes, and of nothing else.
 *  Numbers that change from step to step are inputs. */
export type Expand = (inputs: readonly Node[], attributes: Attributes) => Node;

export interface CompositeDeclaration {
  readonly name: string;
  /** Shape of the result, which is float32. */
  readonly shape: (inputs: readonly Node[], attributes: Attributes) => Shape;
  readonly expand: Expand;
  /** Whether it is more than elementwise work (true). */
  readonly expensive?: boolean;
  /** Whether computing it can fail (false). */
  readonly checks?: boolean;
}

/** Defines a composite of float32 values. Its derivatives are composites, too: what they stand for is found by
 *  differentiating what this one stands for. */
export function composite(declaration: CompositeDeclaration): Op {
  const { name, shape, expand, expensive = true, checks = false } = declaration;
  return defineOp({
    name,
    infer: (inputs, attributes) => ({ shape: shape(inputs, attributes), dtype: "float32" }),
    lowering: { kind: "composite", expand, expensive },
    checks,
    derivative: derivativeOf(declaration),
  });
}

/** Records a composite; where a float input is not float32, what it stands for. */
export function recordComposite(
  op: Op,
  inputs: readonly Node[],
  attributes: Attributes = NO_ATTRIBUTES,
): Node {
  for (const { dtype } of inputs) if (dtype === "float16") return expandOf(op)(inputs, attributes);
  return record(op, inputs, attributes);
}

/** What a composite records instead of itself. */
export function expandOf(op: Op): Expand {
  if (op.lowering.kind === "composite") return op.lowering.expand;
  throw new Error(`${op.name} is no composite`);
}

function derivativeOf(declaration: CompositeDeclaration): Derivative {
  const { name, expand } = declaration;
  /** By number of inputs and the input that the derivative is with respect to. */
  const gradients: Op[][] = [];
  const gradientFor = (count: number, input: number): Op => {
    gradients[count] ??= [];
    gradients[count][input] ??= composite({
      ...declaration,
      name: `${name}.gradient${input}of${count}`,
      shape: (inputs) => inputs[input]!.shape,
      expand: (inputs, attributes) => gradientOf(expand, inputs, attributes, input),
    });
    return gradients[count][input];
  };
  return ({ inputs, attributes, gradient, needs }) =>
    inputs.map((_, i) =>
      needs[i] ? record(gradientFor(inputs.length, i), [...inputs, gradient], attributes) : undefined,
    );
}

/** The gradient, given that of the value (the last of `inputs`), with respect to one of the others, which are leaves that require
 *  one. Where gradients are recorded, so is this one. */
function gradientOf(expand: Expand, inputs: readonly Node[], attributes: Attributes, input: number): Node {
  const given = inputs.slice(0, -1);
  const wanted = given[input]!;
  const createGraph = isGradEnabled();
  const value = withGradModeNow(true, () => expand(given, attributes));
  const { gradients } = differentiate({
    roots: [value],
    seeds: [inputs.at(-1)!],
    createGraph,
    visited: reverseOrder([value]),
    wanted: new Set([wanted]),
  });
  return gradients.get(wanted) ?? full(wanted.shape, 0, wanted.dtype);
}

/** What a composite node stands for, in terms of stand-ins for its inputs. */
export interface Body {
  readonly root: Node;
  readonly standIns: readonly Node[];
}

/** Writes out what `node` stands for; undefined where it is no composite. */
export function bodyOf(node: Node): Body | undefined {
  const { op, attributes } = node;
  if (op === undefined || op.lowering.kind !== "composite") return undefined;
  const standIns = node.inputs.map(({ shape, dtype }) => standIn(shape, dtype));
  const { expand } = op.lowering;
  return { root: withGradModeNow(false, () => expand(standIns, attributes)), standIns };
}

function standIn(shape: Shape, dtype: DType): Node {
  const node = new Node(undefined, [], NO_ATTRIBUTES, shape, dtype);
  node.requiresGrad = isFloat(dtype);
  return node;
}
