// From a graph to a plan: schedule the nodes, write the kernels' expressions, place the buffers.

import { BYTES } from "../../graph/dtype.js";
import type { Expr } from "../../graph/expr.js";
import "../../graph/ops/index.js"; // fills the table of operations
import { opNamed } from "../../graph/node.js";
import { contiguousStrides, elements } from "../../graph/shape.js";
import type { GraphSpec } from "../../graph/spec.js";
import {
  type Accumulator,
  expressionsOf,
  type MatrixOperand,
  type Output,
  type Plan,
  type PlanBuffer,
  type ReduceOp,
  type RoutineOperand,
  type SingleKernel,
} from "../ir.js";
import { ExpressionBuilder, MustStore, type Surroundings } from "./expression.js";
import { placeInArena } from "./memory.js";
import { withoutPacks } from "./packs.js";
import { type Draft, type Schedule, schedule } from "./schedule.js";
import { applyMovement, boundsOf, contiguousView, type ShapedView } from "./view.js";

/** The plan for a graph. Throws on a graph that is not well formed. */
export function buildPlan(packed: GraphSpec): Plan {
  const graph = withoutPacks(packed);
  const must = new Set<number>();
  const viaCopy = new Set<number>();
  for (;;) {
    try {
      return new PlanWriter(graph, schedule(graph, must, viaCopy)).write();
    } catch (error) {
      if (error instanceof MustStore && !must.has(error.node)) must.add(error.node);
      else if (error instanceof ReadAfterWrite && !viaCopy.has(error.node)) viaCopy.add(error.node);
      else throw error;
    }
  }
}

/** Thrown when the in-place update of `node` would destroy a value that is read later. */
class ReadAfterWrite extends Error {
  readonly node: number;
  constructor(node: number) {
    super(`node ${node} cannot be written in place`);
    this.node = node;
  }
}

interface DraftBuffer {
  readonly bytes: number;
  /** Undefined: in the arena. */
  readonly binding: number | undefined;
}

class PlanWriter {
  private readonly graph: GraphSpec;
  private readonly schedule: Schedule;
  private readonly buffers: DraftBuffer[] = [];
  /** Plan buffer that holds the value of a node. */
  private readonly bufferOf = new Map<number, number>();
  private readonly faults: string[] = [];
  private bindings: number;

  constructor(graph: GraphSpec, scheduled: Schedule) {
    this.graph = graph;
    this.schedule = scheduled;
    this.bindings = graph.inputs;
  }

  write(): Plan {
    this.assignBuffers();
    const kernels = this.schedule.drafts.map((draft, i) => this.kernel(draft, i));
    this.checkInPlace(kernels);
    kernels.push(...this.copies());
    return this.finish(dropUnread(kernels, this.buffers));
  }

  private bytes(node: number): number {
    const { shape, dtype } = this.graph.nodes[node]!;
    return elements(shape) * BYTES[dtype];
  }

  private newBuffer(node: number, binding: number | undefined): number {
    return this.buffers.push({ bytes: this.bytes(node), binding }) - 1;
  }

  private assignBuffers(): void {
    this.graph.nodes.forEach((spec, node) => {
      if (spec.op === "input")
        this.bufferOf.set(node, this.newBuffer(node, spec.attributes.binding as number));
    });
    for (const { node, overwrites } of this.graph.results) {
      if (overwrites === undefined) this.bufferOf.set(node, this.newBuffer(node, this.bindings++));
      else if (this.schedule.inPlace.has(node)) {
        // a buffer number of its own over the same binding: the old value keeps its number
        const binding = this.graph.nodes[overwrites]!.attributes.binding as number;
        this.bufferOf.set(node, this.newBuffer(node, binding));
      }
    }
    for (const draft of this.schedule.drafts) {
      for (const node of draft.nodes) {
        if (!this.bufferOf.has(node)) this.bufferOf.set(node, this.newBuffer(node, undefined));
      }
    }
  }

  private kernel(draft: Draft, position: number): SingleKernel {
    if (draft.kind === "routine") return this.routine(draft.nodes[0]!);
    const values = new Map<number, Expr>();
    draft.accumulators.forEach((node, index) => {
      values.set(node, { kind: "accumulator", dtype: this.graph.nodes[node]!.dtype, index });
    });
    const around = (own: Surroundings["inKernel"]): Surroundings => ({
      bufferOf: (node) => this.bufferOf.get(node),
      inKernel: own,
      fault: (message) => this.fault(message),
    });
    const builder = new ExpressionBuilder(
      this.graph,
      around((node) => (this.schedule.draftOf.get(node) === position ? values.get(node) : undefined)),
    );
    const outputs: Output[] = draft.nodes.map((node) => {
      let value = values.get(node);
      if (value === undefined) {
        value = builder.define(node);
        values.set(node, value);
      }
      const buffer = this.bufferOf.get(node)!;
      return { buffer, view: { offset: 0, strides: contiguousStrides(draft.outer) }, value };
    });
    if (draft.kind === "matmul") return this.matmul(draft, outputs);
    const inner = new ExpressionBuilder(
      this.graph,
      around(() => undefined),
    );
    const accumulators = draft.accumulators.map((node) => this.accumulator(node, inner));
    const passes = accumulators.length === 0 ? [] : [{ accumulators, outputs: [] }];
    return { kind: "loop", outer: draft.outer, reduce: draft.reduce, passes, outputs };
  }

  private routine(node: number): SingleKernel {
    const { op, inputs, attributes } = this.graph.nodes[node]!;
    const { lowering } = opNamed(op);
    if (lowering.kind !== "routine") throw new Error(`${op} is not a routine`);
    return {
      kind: "routine",
      name: lowering.name,
      attributes,
      inputs: inputs.map((input) => this.whole(input)),
      outputs: [this.whole(node)],
    };
  }

  /** The buffer in which a node's value lies without gaps, from the start on. */
  private whole(node: number): RoutineOperand {
    const { shape, dtype } = this.graph.nodes[node]!;
    const { buffer, view } = this.stored(node);
    const plain = view.offset === 0 && view.strides.join() === contiguousStrides(shape).join();
    if (!plain) throw new MustStore(node);
    return { buffer, dtype, shape };
  }

  private accumulator(node: number, builder: ExpressionBuilder): Accumulator {
    const spec = this.graph.nodes[node]!;
    const input = spec.inputs[0]!;
    const axes = spec.attributes.axes as readonly number[];
    const outer = this.graph.nodes[input]!.shape.map((_, i) => i).filter((i) => !axes.includes(i));
    const value = builder.build(input, builder.permuted(input, [...outer, ...axes]));
    const { lowering } = opNamed(spec.op);
    if (lowering.kind !== "reduce") throw new Error(`${spec.op} is not a reduction`);
    return { op: lowering.op as ReduceOp, dtype: spec.dtype, value };
  }

  private matmul(draft: Draft, outputs: Output[]): SingleKernel {
    const [a, b] = this.graph.nodes[draft.accumulators[0]!]!.inputs as [number, number];
    const batch = draft.outer.slice(0, -2);
    const [m, n] = draft.outer.slice(-2) as [number, number];
    const k = this.graph.nodes[a]!.shape.at(-1)!;
    return {
      kind: "matmul",
      batch,
      m,
      n,
      k,
      a: this.operand(a, [...batch, m, k]),
      b: this.operand(b, [...batch, k, n]),
      outputs,
    };
  }

  private operand(node: number, shape: readonly number[]): MatrixOperand {
    const { buffer, view } = this.stored(node);
    const stretched = applyMovement(view, { kind: "expand", shape })!;
    return { buffer, view: { offset: stretched.offset, strides: stretched.strides } };
  }

  /** The buffer and view that hold a node's value, through movements that need no copy. */
  private stored(node: number): { buffer: number; view: ShapedView } {
    const spec = this.graph.nodes[node]!;
    const buffer = this.bufferOf.get(node);
    if (buffer !== undefined) return { buffer, view: contiguousView(spec.shape) };
    if (spec.op === "arg") throw new Error("a matrix cannot be a scalar argument");
    const { lowering } = opNamed(spec.op);
    if (lowering.kind !== "movement") throw new MustStore(node);
    const movement = lowering.movement(spec);
    const from = this.graph.nodes[spec.inputs[0]!]!.shape;
    if (boundsOf(movement, from, spec.shape).length > 0) throw new MustStore(node);
    const below = this.stored(spec.inputs[0]!);
    const view = applyMovement(below.view, movement);
    if (view === undefined) throw new MustStore(spec.inputs[0]!);
    return { buffer: below.buffer, view };
  }

  private fault(message: string): number {
    const known = this.faults.indexOf(message);
    return known >= 0 ? known : this.faults.push(message) - 1;
  }

  /** An old value may be read in the kernel that overwrites it, at the same place, or before; never later. */
  private checkInPlace(kernels: readonly SingleKernel[]): void {
    const writer = new Map<number, { kernel: number; node: number }>();
    for (const { node, overwrites } of this.graph.results) {
      if (overwrites === undefined || !this.schedule.inPlace.has(node)) continue;
      writer.set(this.bufferOf.get(overwrites)!, { kernel: this.schedule.draftOf.get(node)!, node });
    }
    kernels.forEach((kernel, i) => {
      const own = contiguousStrides(kernel.kind === "loop" ? kernel.outer : []).join();
      for (const read of readsOf(kernel)) {
        const write = writer.get(read.buffer);
        if (write === undefined || write.kernel > i) continue;
        const aligned = write.kernel === i && read.offset === 0 && read.strides.join() === own;
        if (!aligned) throw new ReadAfterWrite(write.node);
      }
    });
  }

  /** Overwriting results that could not be written in place: computed aside, copied over the old value at the end. */
  private copies(): SingleKernel[] {
    return this.graph.results.flatMap(({ node, overwrites }) => {
      if (overwrites === undefined || this.schedule.inPlace.has(node)) return [];
      const { shape, dtype } = this.graph.nodes[node]!;
      const view = { offset: 0, strides: contiguousStrides(shape) };
      const value: Expr = { kind: "load", dtype, buffer: this.bufferOf.get(node)!, view };
      const outputs = [{ buffer: this.bufferOf.get(overwrites)!, view, value }];
      return [{ kind: "loop", outer: shape, reduce: [], passes: [], outputs } satisfies SingleKernel];
    });
  }

  private firstOverwrite(kernels: readonly SingleKernel[]): number {
    const overwrites = ({ buffer }: Output | RoutineOperand): boolean =>
      (this.buffers[buffer]!.binding ?? Infinity) < this.graph.inputs;
    const first = kernels.findIndex((kernel) => kernel.outputs.some(overwrites));
    return first < 0 ? kernels.length : first;
  }

  private finish(kernels: readonly SingleKernel[]): Plan {
    const first = new Map<number, number>();
    const last = new Map<number, number>();
    kernels.forEach((kernel, i) => {
      const written: readonly { buffer: number }[] = kernel.outputs;
      for (const { buffer } of written) if (!first.has(buffer)) first.set(buffer, i);
      for (const { buffer } of [...readsOf(kernel), ...written]) last.set(buffer, i);
    });
    const inArena = this.buffers
      .map((_, i) => i)
      .filter((i) => this.buffers[i]!.binding === undefined && first.has(i));
    const { offsets, bytes } = placeInArena(
      inArena.map((i) => ({ bytes: this.buffers[i]!.bytes, first: first.get(i)!, last: last.get(i)! })),
    );
    const offsetOf = new Map(inArena.map((buffer, i) => [buffer, offsets[i]!]));
    const buffers: PlanBuffer[] = this.buffers.map(({ bytes: size, binding }, i) =>
      binding !== undefined
        ? { kind: "binding", binding, bytes: size }
        : { kind: "arena", offset: offsetOf.get(i) ?? 0, bytes: offsetOf.has(i) ? size : 0 },
    );
    return {
      buffers,
      kernels,
      arenaBytes: bytes,
      commit: this.firstOverwrite(kernels),
      bindings: this.bindings,
      args: this.graph.args,
      faults: this.faults,
    };
  }
}

interface Read {
  readonly buffer: number;
  readonly offset: number;
  readonly strides: readonly number[];
}

/** All memory a kernel reads. */
function readsOf(kernel: SingleKernel): Read[] {
  if (kernel.kind === "routine")
    return kernel.inputs.map(({ buffer, shape }) => ({
      buffer,
      offset: 0,
      strides: contiguousStrides(shape),
    }));
  const reads: Read[] = expressionsOf(kernel).flatMap((expr) =>
    expr.kind === "load" || expr.kind === "gather" ? [{ buffer: expr.buffer, ...expr.view }] : [],
  );
  if (kernel.kind === "matmul")
    for (const { buffer, view } of [kernel.a, kernel.b]) reads.push({ buffer, ...view });
  return reads;
}

/** Kernels without the arena outputs that no kernel reads (values used only where they are computed). */
function dropUnread(kernels: readonly SingleKernel[], buffers: readonly DraftBuffer[]): SingleKernel[] {
  const read = new Set(kernels.flatMap((kernel) => readsOf(kernel).map(({ buffer }) => buffer)));
  const needed = ({ buffer }: Output | RoutineOperand): boolean =>
    buffers[buffer]!.binding !== undefined || read.has(buffer);
  const trimmed = (kernel: SingleKernel): SingleKernel =>
    kernel.kind === "routine" ? kernel : { ...kernel, outputs: kernel.outputs.filter(needed) };
  return kernels.map(trimmed).filter((kernel) => kernel.outputs.some(needed));
}
