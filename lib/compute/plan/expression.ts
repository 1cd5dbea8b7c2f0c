// From a node to the expression a kernel evaluates for it: elementwise operations nest, movements become addressing, and
// whatever is stored becomes a load, whose `buffer` is here still the number of the node.

import type { Expr, View } from "../../graph/expr.js";
import { type Lowering, type Movement, opNamed } from "../../graph/node.js";
import { contiguousStrides, type Shape, sameShape } from "../../graph/shape.js";
import type { GraphSpec, NodeSpec } from "../../graph/spec.js";
import type { Operand } from "./draft.js";
import type { Home } from "./homes.js";
import { Interner } from "./interner.js";
import { applyMovement, axisView, boundsOf, contiguousView, type ShapedView } from "./view.js";

/** Thrown when node `node` has to be stored in a buffer of its own after all. */
export class MustStore extends Error {
  readonly node: number;
  constructor(node: number) {
    super(`node ${node} must be stored`);
    this.node = node;
  }
}

/** A movement on the way from a kernel's loop down to a node; `input` is the node it moves. */
interface Step {
  readonly movement: Movement;
  readonly input: number;
}

/** Movements from a node (first) up to the loop (last), as a linked list so that branches share tails. */
export interface Path {
  readonly step: Step;
  readonly rest: Path | undefined;
  readonly key: string;
}

const extend = (step: Step, rest: Path | undefined): Path => ({
  step,
  rest,
  key: `${step.input}${step.movement.kind[0]}${step.movement.kind === "expand" ? step.movement.shape.join("x") : ""}/${rest?.key ?? ""}`,
});

/** The path by which a kernel whose loops are the axes `axes` of `shape` finds `node`, whose shape is `shape` but for extents
 *  of 1. */
export function arranged(node: number, own: Shape, shape: Shape, axes: Shape): Path | undefined {
  const permuted = axes.every((axis, i) => axis === i)
    ? undefined
    : {
        step: { movement: { kind: "permute", axes } as const, input: node },
        rest: undefined,
        key: `>${axes}`,
      };
  if (sameShape(own, shape)) return permuted;
  return {
    step: { movement: { kind: "reshape", shape }, input: node },
    rest: permuted,
    key: `>${shape}${permuted?.key ?? ""}`,
  };
}

/** What expressions need to know about the rest of the plan. */
export interface Surroundings {
  /** Where parts of joined results are stored. */
  readonly homes: ReadonlyMap<number, Home>;
  /** Whether the node has a buffer. */
  isStored(node: number): boolean;
  /** Whether products take operands of float16. */
  readonly halfFactors: boolean;
  fault(message: string): number;
}

type MovementLowering = Extract<Lowering, { kind: "movement" }>;

export class ExpressionBuilder {
  private readonly graph: GraphSpec;
  private readonly around: Surroundings;
  private readonly memo = new Map<string, Expr>();
  private readonly interner = new Interner();

  constructor(graph: GraphSpec, around: Surroundings) {
    this.graph = graph;
    this.around = around;
  }

  /** The value of `node` at the loop position that `path` leads to; nothing is read where `guard` is false. */
  build(node: number, path: Path | undefined, guard?: Expr): Expr {
    return this.remembered("", node, path, guard, () => this.create(node, path, guard));
  }

  /** The expression that computes `node` itself, though it is stored. */
  define(node: number, path: Path | undefined): Expr {
    return this.remembered("=", node, path, undefined, () => this.compute(node, path, undefined));
  }

  /** Where a stored node lies, as `path` leads to it from the loop. */
  place(node: number, path: Path | undefined): View {
    const home = this.around.homes.get(node)?.view;
    return plain(this.viewOf(home ?? contiguousView(this.graph.nodes[node]!.shape), path));
  }

  /** The stored node that holds a node's values, and where, through movements that need no copy. */
  stored(node: number): Operand {
    return this.found(node, false);
  }

  /** As `stored`, for an operand of a product: of float16 values that are multiplied as float32, those themselves. */
  factor(node: number): Operand {
    return this.found(node, this.around.halfFactors);
  }

  private found(node: number, asHalf: boolean): Operand {
    const spec = this.graph.nodes[node]!;
    if (this.around.isStored(node)) return { node, view: contiguousView(spec.shape) };
    const { lowering } = opNamed(spec.op);
    const input = this.graph.nodes[spec.inputs[0]!];
    // a number that is stretched has no memory of its own
    if (input?.op === "arg") throw new MustStore(node);
    if (asHalf && spec.op === "cast" && spec.dtype === "float32" && input?.dtype === "float16")
      return this.found(spec.inputs[0]!, false);
    if (lowering.kind !== "movement") throw new MustStore(node);
    const movement = lowering.movement(spec);
    if (boundsOf(movement, input!.shape, spec.shape).length > 0) throw new MustStore(node);
    const below = this.found(spec.inputs[0]!, asHalf);
    const view = applyMovement(below.view, movement);
    if (view === undefined) throw new MustStore(spec.inputs[0]!);
    return { node: below.node, view };
  }

  /** As `stored`, where the values must lie without gaps, from the buffer's start on. */
  whole(node: number): Operand {
    const operand = this.stored(node);
    const { offset, strides, shape } = operand.view;
    if (offset !== 0 || strides.join() !== contiguousStrides(shape).join()) throw new MustStore(node);
    return operand;
  }

  private remembered(
    kind: string,
    node: number,
    path: Path | undefined,
    guard: Expr | undefined,
    create: () => Expr,
  ): Expr {
    const key = `${kind}${node}:${path?.key ?? ""}:${guard === undefined ? "" : this.interner.id(guard)}`;
    let expr = this.memo.get(key);
    if (expr === undefined) {
      expr = this.interner.intern(create());
      this.memo.set(key, expr);
    }
    return expr;
  }

  private create(node: number, path: Path | undefined, guard: Expr | undefined): Expr {
    const spec = this.graph.nodes[node]!;
    if (spec.op === "arg") return { kind: "arg", dtype: spec.dtype, index: spec.attributes.index as number };
    if (!this.around.isStored(node)) return this.compute(node, path, guard);
    const view = this.place(node, path);
    return { kind: "load", dtype: spec.dtype, buffer: node, view, ...(guard && { guard }) };
  }

  private compute(node: number, path: Path | undefined, guard: Expr | undefined): Expr {
    const spec = this.graph.nodes[node]!;
    const { lowering } = opNamed(spec.op);
    if (lowering.kind === "elementwise") {
      const inputs = spec.inputs.map((input) =>
        this.build(input, this.broadcast(input, spec.shape, path), guard),
      );
      return lowering.expression(inputs, spec, (message) => this.around.fault(message));
    }
    if (lowering.kind === "movement") return this.move(node, lowering, path, guard);
    if (lowering.kind === "iota") return this.indexValue(this.viewOf(contiguousView(spec.shape), path));
    if (lowering.kind === "take") return this.take(node, path, guard);
    if (lowering.kind === "take_along") return this.takeAlong(node, path, guard);
    if (lowering.kind === "concat") return this.concat(node, path, guard);
    throw new MustStore(node);
  }

  private broadcast(input: number, shape: Shape, path: Path | undefined): Path | undefined {
    const from = this.graph.nodes[input]!.shape;
    return sameShape(from, shape) ? path : extend({ movement: { kind: "expand", shape }, input }, path);
  }

  private move(
    node: number,
    lowering: MovementLowering,
    path: Path | undefined,
    guard: Expr | undefined,
  ): Expr {
    const spec = this.graph.nodes[node]!;
    const movement = lowering.movement(spec);
    const input = spec.inputs[0]!;
    const step: Step = { movement, input };
    const below: Path = { step, rest: path, key: `m${node}/${path?.key ?? ""}` };
    let inside: Expr | undefined = guard;
    for (const { index, from, end } of boundsOf(movement, this.graph.nodes[input]!.shape, spec.shape)) {
      inside = this.interner.intern(
        both(inside, within(this.indexValue(this.viewOf(index, path)), from, end)),
      );
    }
    const value = this.build(input, below, inside);
    if (inside === undefined || inside === guard) return value;
    const around = movement.kind === "pad" ? (movement.value ?? 0) : 0;
    return choose(inside, value, { kind: "const", dtype: spec.dtype, value: around });
  }

  /** Slices along axis 0 of a stored input, at an index that is itself an expression. */
  private take(node: number, path: Path | undefined, guard: Expr | undefined): Expr {
    const spec = this.graph.nodes[node]!;
    const [source, index] = spec.inputs as [number, number];
    if (!this.around.isStored(source)) throw new MustStore(source);
    if (guard !== undefined) throw new MustStore(node);
    const indexShape = this.graph.nodes[index]!.shape;
    const sourceShape = this.graph.nodes[source]!.shape;
    const inner = contiguousView(sourceShape).strides.slice(1);
    const row = sourceShape.slice(1).reduce((product, n) => product * n, 1);
    const base: ShapedView = {
      shape: spec.shape,
      offset: 0,
      strides: [...indexShape.map(() => 0), ...inner],
    };
    const view = this.viewOf(base, path);
    // the index has the leading axes of the result: bring it to the result's shape, then follow the same path
    const lifted: Path = extend(
      { movement: { kind: "reshape", shape: [...indexShape, ...inner.map(() => 1)] }, input: index },
      extend({ movement: { kind: "expand", shape: spec.shape }, input: index }, path),
    );
    const at = this.build(index, lifted);
    return { kind: "gather", dtype: spec.dtype, buffer: source, view: plain(view), index: at, stride: row };
  }

  /** Elements of a stored input at their own place but for one coordinate, which is an expression. */
  private takeAlong(node: number, path: Path | undefined, guard: Expr | undefined): Expr {
    const spec = this.graph.nodes[node]!;
    const [source, index] = spec.inputs as [number, number];
    if (!this.around.isStored(source)) throw new MustStore(source);
    if (guard !== undefined) throw new MustStore(node);
    const axis = spec.attributes.axis as number;
    const { strides } = contiguousView(this.graph.nodes[source]!.shape);
    const others = strides.map((stride, d) => (d === axis ? 0 : stride));
    const view = this.viewOf({ shape: spec.shape, offset: 0, strides: others }, path);
    const at = this.build(index, path);
    const stride = strides[axis] ?? 1;
    return { kind: "gather", dtype: spec.dtype, buffer: source, view: plain(view), index: at, stride };
  }

  private concat(node: number, path: Path | undefined, guard: Expr | undefined): Expr {
    const spec = this.graph.nodes[node]!;
    const axis = spec.attributes.axis as number;
    const index = this.indexValue(this.viewOf(axisView(spec.shape, axis), path));
    let start = 0;
    const parts = spec.inputs.map((input, i) => {
      const shape = this.graph.nodes[input]!.shape;
      const before = spec.shape.map((_, d) => (d === axis ? start : 0));
      const inside = within(index, start, start + shape[axis]!);
      start += shape[axis]!;
      const below: Path = {
        step: { movement: { kind: "pad", before, shape: spec.shape }, input },
        rest: path,
        key: `c${node}.${i}/${path?.key ?? ""}`,
      };
      return { inside, value: this.build(input, below, this.interner.intern(both(guard, inside))) };
    });
    return parts.reduceRight<Expr>(
      (otherwise, { inside, value }) => choose(inside, value, otherwise),
      zero(spec),
    );
  }

  /** Follows a path from a node's own view up to the loop. */
  private viewOf(view: ShapedView, path: Path | undefined): ShapedView {
    let current = view;
    for (let at = path; at !== undefined; at = at.rest) {
      const next = applyMovement(current, at.step.movement);
      if (next === undefined) throw new MustStore(at.step.input);
      current = next;
    }
    return current;
  }

  /** offset + sum(index * stride) as a number. */
  private indexValue(view: ShapedView): Expr {
    let sum: Expr | undefined = view.offset === 0 ? undefined : int(view.offset);
    view.strides.forEach((stride, dim) => {
      if (stride === 0) return;
      const index: Expr = { kind: "index", dtype: "int32", dim };
      const term: Expr =
        stride === 1 ? index : { kind: "binary", op: "mul", dtype: "int32", a: index, b: int(stride) };
      sum = sum === undefined ? term : { kind: "binary", op: "add", dtype: "int32", a: sum, b: term };
    });
    return sum ?? int(0);
  }
}

const plain = ({ offset, strides }: ShapedView): View => ({ offset, strides });
const int = (value: number): Expr => ({ kind: "const", dtype: "int32", value });
const zero = (spec: NodeSpec): Expr => ({ kind: "const", dtype: spec.dtype, value: 0 });
const choose = (condition: Expr, a: Expr, b: Expr): Expr => ({
  kind: "where",
  dtype: a.dtype,
  condition,
  a,
  b,
});

function within(index: Expr, start: number, end: number): Expr {
  const above: Expr = { kind: "binary", op: "ge", dtype: "bool", a: index, b: int(start) };
  const below: Expr = { kind: "binary", op: "lt", dtype: "bool", a: index, b: int(end) };
  return { kind: "binary", op: "and", dtype: "bool", a: above, b: below };
}

function both(a: Expr | undefined, b: Expr): Expr {
  return a === undefined ? b : { kind: "binary", op: "and", dtype: "bool", a, b };
}
