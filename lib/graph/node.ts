// A node of the lazy graph: an operation, its inputs, and the shape and type of its value. Recording a node computes nothing.
// Values live in device buffers; a node that has been computed has a `value` and counts as a leaf from then on.

import { AsyncLocalStorage } from "node:async_hooks";
import { type DType, isFloat } from "./dtype.js";
import type { BinaryOp, Expr } from "./expr.js";
import type { Shape, Window } from "./shape.js";
import type { Attributes } from "./spec.js";

/** Where a computed value lies. Made and freed by the session (lib/compute/session.ts). */
export interface Value {
  /** The engine's number for the buffer. */
  readonly id: number;
}

/** A view operation, which moves elements without computing: how to address its input. */
export type Movement =
  | { readonly kind: "permute"; readonly axes: readonly number[] }
  | { readonly kind: "expand"; readonly shape: Shape }
  | { readonly kind: "reshape"; readonly shape: Shape }
  | {
      readonly kind: "slice";
      readonly starts: readonly number[];
      readonly shape: Shape;
      readonly steps: readonly number[];
    }
  | {
      readonly kind: "pad";
      readonly before: readonly number[];
      readonly shape: Shape;
      /** What is around the input; 0 if not given. */
      readonly value?: number;
    }
  /** See lib/graph/ops/window.ts for these two. */
  | { readonly kind: "window"; readonly windows: readonly Window[] }
  | { readonly kind: "overlap"; readonly windows: readonly Window[]; readonly shape: Shape };

/** How an operation becomes part of a kernel. */
export type Lowering =
  /** One output element from the elements of the (broadcast) inputs at the same place. */
  | {
      readonly kind: "elementwise";
      /** `fault` registers what to say when a `check` fails and gives its number. */
      readonly expression: (
        inputs: readonly Expr[],
        node: NodeLike,
        fault: (message: string) => number,
      ) => Expr;
    }
  | { readonly kind: "movement"; readonly movement: (node: NodeLike) => Movement }
  | { readonly kind: "reduce"; readonly op: "sum" | "prod" | "max" | "min" | "argmax" | "argmin" }
  | { readonly kind: "matmul" }
  /** 0, 1, 2, ... along the only axis. */
  | { readonly kind: "iota" }
  /** Whole slices of input 0 along axis 0, chosen by input 1. */
  | { readonly kind: "take" }
  /** Elements of input 0, whose coordinate along attribute `axis` input 1 gives. */
  | { readonly kind: "take_along" }
  | { readonly kind: "concat" }
  /** See lib/graph/ops/pack.ts. Planned as what they are made of. */
  | { readonly kind: "pack" }
  | { readonly kind: "unpack" }
  | { readonly kind: "like_pack" }
  /** See lib/graph/composite.ts. In graphs that are sent to the engine there is none. */
  | {
      readonly kind: "composite";
      readonly expand: (inputs: readonly Node[], attributes: Attributes) => Node;
      /** Whether it is more than elementwise work. */
      readonly expensive: boolean;
    }
  /** A routine of this name (lib/compute/reference/routines), given the inputs and the node's attributes. */
  | { readonly kind: "routine"; readonly name: string };

/** What a lowering may see of a node. */
export interface NodeLike {
  readonly attributes: Attributes;
  readonly shape: Shape;
  readonly dtype: DType;
}

/** An operation: declared once, in one of the tables of lib/graph/ops; everything else is derived from it. */
export interface Op {
  readonly name: string;
  /** Shape and type of the result; throws an error that names the operation and the shapes. They must follow from the
   *  shapes and types of the inputs and from the attributes: keys of plans rely on that. */
  readonly infer: (inputs: readonly Node[], attributes: Attributes) => { shape: Shape; dtype: DType };
  /** Gradients with respect to the inputs, given the gradient of the output. Undefined where there is none. Entries for
   *  inputs with `needs[i]` false are not looked at. Absent: the operation has derivative zero or none. */
  readonly derivative: Derivative | undefined;
  readonly lowering: Lowering;
  /** True where computing it can fail: the run then leaves everything as it was. */
  readonly checks: boolean;
  /** A small number that stands for the operation in this process. */
  readonly code: number;
}

/** What an operation's table says of it. */
export type OpDeclaration = Pick<Op, "name" | "infer" | "lowering"> &
  Partial<Pick<Op, "derivative" | "checks">>;

export type Derivative = (step: DerivativeStep) => readonly (Node | undefined)[];

export interface DerivativeStep {
  readonly inputs: readonly Node[];
  readonly output: Node;
  readonly attributes: Attributes;
  readonly gradient: Node;
  readonly needs: readonly boolean[];
}

const OPS = new Map<string, Op>();

/** Enters an operation into the table by which the engine finds it again. */
export function defineOp(declaration: OpDeclaration): Op {
  const { name, infer, derivative, lowering, checks = false } = declaration;
  if (OPS.has(name)) throw new Error(`operation ${name} is defined twice`);
  const op = { name, infer, derivative, lowering, checks, code: OPS.size };
  OPS.set(name, op);
  return op;
}

/** The operation of this name. */
export function opNamed(name: string): Op {
  const op = OPS.get(name);
  if (op === undefined) throw new RangeError(`there is no operation named ${JSON.stringify(name)}`);
  return op;
}

/** What backward() needs to know of a recorded operation. */
export interface Tape {
  /** Name of the operation, for error messages. */
  readonly op: string;
  readonly derivative: Derivative;
  readonly inputs: readonly Node[];
  readonly attributes: Attributes;
}

const NO_INPUTS: readonly Node[] = [];
export const NO_ATTRIBUTES: Attributes = {};

export class Node {
  /** Undefined for leaves: data on the device or host, and scalar arguments. */
  op: Op | undefined;
  inputs: readonly Node[];
  readonly attributes: Attributes;
  readonly shape: Shape;
  readonly dtype: DType;
  /** Set once the value is on the device. */
  value: Value | undefined = undefined;
  /** Leaves only: data that travels with the run (batch indices, small constants). */
  data: Uint8Array | undefined = undefined;
  /** Leaves only: a scalar argument of the run. */
  scalar: number | undefined = undefined;
  requiresGrad = false;
  tape: Tape | undefined = undefined;
  /** Called with the gradient of this node once backward() has all of it. */
  tap: ((gradient: Node) => void) | undefined = undefined;
  /** Autograd leaves only: where backward() adds up the gradient. */
  slot: object | undefined = undefined;
  /** Set when the buffer of this value was reused for a newer one (an optimizer's update): why it can't be read now. */
  overwritten: string | undefined = undefined;
  /** True while a storage owns this value: a later in-place update will write over it. */
  owned = false;
  /** True when a run that is about to start writes over it. */
  doomed = false;
  /** How many runs have left this value, or one it is computed from, pending in the hands of user code. Above 0 it is known
   *  that nothing it is computed from can be overwritten. */
  left = 0;
  /** How many runs have computed this value without keeping it. */
  uses = 0;
  /** True while computing this value can fail, because an index has to be in range. */
  checked = false;
  /** Scratch for graph walks: the walk's number and this node's position in it; and for a walk within another one. */
  walk = 0;
  position = 0;
  seen = 0;

  constructor(
    op: Op | undefined,
    inputs: readonly Node[],
    attributes: Attributes,
    shape: Shape,
    dtype: DType,
  ) {
    this.op = op;
    this.inputs = inputs;
    this.attributes = attributes;
    this.shape = shape;
    this.dtype = dtype;
  }

  /** True while the value has to be computed from other nodes. */
  get pending(): boolean {
    return this.op !== undefined;
  }
}

let walks = 0;

/** A number that no walk over nodes has used yet: a walk leaves it in `walk` or `seen` of the nodes it has met. */
export function newWalk(): number {
  return ++walks;
}

/** A scalar argument: a number that is not part of the graph's structure. */
export function scalarNode(value: number, dtype: DType): Node {
  const node = new Node(undefined, NO_INPUTS, NO_ATTRIBUTES, [], dtype);
  node.scalar = value;
  return node;
}

const constants = new Map<number, Node>();
const MOST_CONSTANTS = 1000;

/** A float32 number that belongs to a formula (the 0.5 of GELU): one node for each value, so that the same formula written
 *  twice, as in a function and its derivative, is the same computation. Not for values that change from run to run, such as
 *  learning rates: where two of them happened to be equal, the plan would be another one. */
export function constantNode(value: number): Node {
  // A map takes 0 and -0 for the same key.
  if (Object.is(value, -0)) return scalarNode(value, "float32");
  let node = constants.get(value);
  if (node === undefined) {
    node = scalarNode(value, "float32");
    if (constants.size < MOST_CONSTANTS) constants.set(value, node);
  }
  return node;
}

/** Data from the host that travels with the run that reads it. */
export function dataNode(data: Uint8Array, shape: Shape, dtype: DType): Node {
  const node = new Node(undefined, NO_INPUTS, NO_ATTRIBUTES, shape, dtype);
  node.data = data;
  return node;
}

/** Turns a computed node into a leaf: its inputs are let go; its tape, if any, stays for backward(). */
export function settle(node: Node, value: Value): void {
  node.value = value;
  node.op = undefined;
  node.inputs = NO_INPUTS;
  node.checked = false;
}

/** Whether recorded nodes carry a tape; follows a computation across `await`. */
const gradMode = new AsyncLocalStorage<boolean>();
/** What counts instead while library code runs that does not await. */
let gradModeNow: boolean | undefined;

export function isGradEnabled(): boolean {
  return gradModeNow ?? gradMode.getStore() ?? true;
}

/** Runs `body`, to the end of its promise if it gives one, with recording for backward() on or off. */
export function withGradMode<T>(enabled: boolean, body: () => T): T {
  const before = gradModeNow;
  gradModeNow = undefined;
  try {
    return gradMode.run(enabled, body);
  } finally {
    gradModeNow = before;
  }
}

/** As `withGradMode`, for a `body` that does not await: costs next to nothing, where that costs as much as recording a few
 *  operations. */
export function withGradModeNow<T>(enabled: boolean, body: () => T): T {
  const before = gradModeNow;
  gradModeNow = enabled;
  try {
    return body();
  } finally {
    gradModeNow = before;
  }
}

/** Records one operation. */
export function record(op: Op, inputs: readonly Node[], attributes: Attributes = NO_ATTRIBUTES): Node {
  const { shape, dtype } = op.infer(inputs, attributes);
  const node = new Node(op, inputs, attributes, shape, dtype);
  let requiresGrad = false;
  node.checked = op.checks;
  for (let i = 0; i < inputs.length; i++) {
    const input = inputs[i]!;
    if (input.checked) node.checked = true;
    if (input.requiresGrad) requiresGrad = true;
  }
  if (requiresGrad && op.derivative !== undefined && isFloat(dtype) && isGradEnabled()) {
    node.requiresGrad = true;
    node.tape = { op: op.name, derivative: op.derivative, inputs, attributes };
  }
  return node;
}

/** Gives a composite value a derivative of its own, instead of the one of its parts. `forward` is recorded without tape. */
export function differentiable(
  op: string,
  inputs: readonly Node[],
  forward: () => Node,
  derivative: Derivative,
): Node {
  if (!isGradEnabled() || !inputs.some((input) => input.requiresGrad)) return forward();
  const node = withGradModeNow(false, forward);
  node.requiresGrad = true;
  node.tape = { op, derivative, inputs, attributes: NO_ATTRIBUTES };
  return node;
}

/** Expression helpers for the lowering tables. */
export function constant(value: number, dtype: DType): Expr {
  return { kind: "const", dtype, value };
}

export function binaryExpr(op: BinaryOp, a: Expr, b: Expr, dtype: DType): Expr {
  return { kind: "binary", dtype, op, a, b };
}
