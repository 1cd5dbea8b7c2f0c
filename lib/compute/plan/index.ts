// From a graph to a plan: schedule the nodes, write the kernels, arrange them, place the buffers.

import { BYTES } from "../../graph/dtype.js";
import type { Expr } from "../../graph/expr.js";
import "../../graph/ops/index.js"; // fills the table of operations
import { contiguousStrides, elements } from "../../graph/shape.js";
import type { GraphSpec } from "../../graph/spec.js";
import type { Device } from "../device.js";
import {
  type Output,
  type Plan,
  type PlanBuffer,
  type RoutineOperand,
  readBy,
  type SingleKernel,
  writtenBy,
} from "../ir.js";
import { arrange } from "./arrange.js";
import type { Draft } from "./draft.js";
import { ExpressionBuilder } from "./expression.js";
import type { Home } from "./homes.js";
import { writeKernel } from "./kernels.js";
import { placeInArena } from "./memory.js";
import { withoutPacks } from "./packs.js";
import { ReadAfterWrite, schedule } from "./schedule.js";
import { withJoinedParts, withoutRepetition, withoutReshapedResults } from "./simplify.js";

/** What a plan may make use of. */
export type PlanOptions = Pick<Device, "halfFactors" | "joinsProducts">;

/** The plan for a graph. Throws on a graph that is not well formed. */
export function buildPlan(packed: GraphSpec, options: PlanOptions = {}): Plan {
  const graph = withJoinedParts(withoutReshapedResults(withoutRepetition(withoutPacks(packed))));
  const viaCopy = new Set<number>();
  for (;;) {
    try {
      return new PlanWriter(graph, viaCopy, options).write();
    } catch (error) {
      if (!(error instanceof ReadAfterWrite) || viaCopy.has(error.node)) throw error;
      viaCopy.add(error.node);
    }
  }
}

interface DraftBuffer {
  readonly bytes: number;
  /** Undefined: in the arena. */
  readonly binding: number | undefined;
  /** Bytes from the begin of the binding. */
  readonly offset: number;
}

class PlanWriter {
  private readonly graph: GraphSpec;
  private readonly drafts: readonly Draft[];
  private readonly inPlace: ReadonlySet<number>;
  private readonly homes: ReadonlyMap<number, Home>;
  private readonly builder: ExpressionBuilder;
  private readonly buffers: DraftBuffer[] = [];
  /** Plan buffer that holds the value of a node. */
  private readonly bufferOf = new Map<number, number>();
  private readonly faults: string[] = [];
  private readonly joinsProducts: number;
  private bindings: number;

  /** `viaCopy`: results that are not to be written right over the old value. */
  constructor(
    graph: GraphSpec,
    viaCopy: ReadonlySet<number>,
    { halfFactors = false, joinsProducts = 0 }: PlanOptions,
  ) {
    this.graph = graph;
    this.joinsProducts = joinsProducts;
    this.bindings = graph.inputs;
    const { drafts, inPlace, homes, builder } = schedule(
      graph,
      viaCopy,
      (around) =>
        new ExpressionBuilder(graph, { ...around, halfFactors, fault: (message) => this.fault(message) }),
    );
    this.homes = homes;
    this.drafts = drafts;
    this.inPlace = inPlace;
    this.builder = builder;
  }

  write(): Plan {
    this.assignBuffers();
    const { graph, builder } = this;
    const bufferOf = (node: number): number => this.bufferOf.get(node)!;
    const kernels = this.drafts.map((draft) => writeKernel(draft, { graph, builder, bufferOf }));
    kernels.push(...this.copies());
    return this.finish(dropUnread(kernels, this.buffers));
  }

  private newBuffer(node: number, binding: number | undefined, offset = 0): number {
    const { shape, dtype } = this.graph.nodes[node]!;
    return this.buffers.push({ bytes: elements(shape) * BYTES[dtype], binding, offset }) - 1;
  }

  /** A buffer for `node` where the input `leaf` lies. */
  private bufferAt(leaf: number, node: number): number {
    const { binding, offset = 0 } = this.graph.nodes[leaf]!.attributes;
    return this.newBuffer(node, binding as number, offset as number);
  }

  private assignBuffers(): void {
    this.graph.nodes.forEach((spec, node) => {
      if (spec.op === "input") this.bufferOf.set(node, this.bufferAt(node, node));
    });
    for (const { node, overwrites } of this.graph.results) {
      if (overwrites === undefined) this.bufferOf.set(node, this.newBuffer(node, this.bindings++));
      else if (this.inPlace.has(node)) {
        // a buffer number of its own over the same binding: the old value keeps its number
        this.bufferOf.set(node, this.bufferAt(overwrites, node));
      }
    }
    for (const [part, { whole }] of this.homes) this.bufferOf.set(part, this.bufferOf.get(whole)!);
    for (const { members } of this.drafts) {
      for (const { node } of members) {
        if (!this.bufferOf.has(node)) this.bufferOf.set(node, this.newBuffer(node, undefined));
      }
    }
  }

  private fault(message: string): number {
    const known = this.faults.indexOf(message);
    return known >= 0 ? known : this.faults.push(message) - 1;
  }

  /** Overwriting results that could not be written in place: computed aside, copied over the old value at the end. */
  private copies(): SingleKernel[] {
    return this.graph.results.flatMap(({ node, overwrites }) => {
      if (overwrites === undefined || this.inPlace.has(node)) return [];
      const { shape, dtype } = this.graph.nodes[node]!;
      const view = { offset: 0, strides: contiguousStrides(shape) };
      const value: Expr = { kind: "load", dtype, buffer: this.bufferOf.get(node)!, view };
      const outputs = [{ buffer: this.bufferOf.get(overwrites)!, view, value }];
      const copy = { kind: "loop", name: "copy", outer: shape, reduce: [], passes: [], outputs } as const;
      return [copy satisfies SingleKernel];
    });
  }

  private overwrites(buffer: number): boolean {
    return (this.buffers[buffer]!.binding ?? Infinity) < this.graph.inputs;
  }

  private finish(written: readonly SingleKernel[]): Plan {
    const storage = { buffers: this.buffers, overwrites: (buffer: number) => this.overwrites(buffer) };
    const kernels = arrange(written, storage, this.joinsProducts);
    const first = new Map<number, number>();
    const last = new Map<number, number>();
    kernels.forEach((kernel, i) => {
      for (const buffer of writtenBy(kernel)) if (!first.has(buffer)) first.set(buffer, i);
      for (const buffer of [...readBy(kernel), ...writtenBy(kernel)]) last.set(buffer, i);
    });
    const inArena = this.buffers
      .map((_, i) => i)
      .filter((i) => this.buffers[i]!.binding === undefined && first.has(i));
    const { offsets, bytes } = placeInArena(
      inArena.map((i) => ({ bytes: this.buffers[i]!.bytes, first: first.get(i)!, last: last.get(i)! })),
    );
    const offsetOf = new Map(inArena.map((buffer, i) => [buffer, offsets[i]!]));
    const buffers: PlanBuffer[] = this.buffers.map(({ bytes: size, binding, offset }, i) =>
      binding !== undefined
        ? { kind: "binding", binding, offset, bytes: size }
        : { kind: "arena", offset: offsetOf.get(i) ?? 0, bytes: offsetOf.has(i) ? size : 0 },
    );
    const commit = kernels.findIndex((kernel) => [...writtenBy(kernel)].some((b) => this.overwrites(b)));
    return {
      buffers,
      kernels,
      arenaBytes: bytes,
      commit: commit < 0 ? kernels.length : commit,
      bindings: this.bindings,
      args: this.graph.args,
      faults: this.faults,
    };
  }
}

/** Kernels without the arena outputs that no kernel reads (values used only where they are computed). */
function dropUnread(kernels: readonly SingleKernel[], buffers: readonly DraftBuffer[]): SingleKernel[] {
  const read = new Set(kernels.flatMap((kernel) => [...readBy(kernel)]));
  const needed = ({ buffer }: Output | RoutineOperand): boolean =>
    buffers[buffer]!.binding !== undefined || read.has(buffer);
  return kernels.flatMap((kernel): SingleKernel[] => {
    if (kernel.kind === "routine") return [kernel];
    const outputs = kernel.outputs.filter(needed);
    if (kernel.kind === "matmul") return outputs.length > 0 ? [{ ...kernel, outputs }] : [];
    const passes = kernel.passes
      .map((pass) => ({ ...pass, outputs: pass.outputs.filter(needed) }))
      .filter((pass) => pass.accumulators.length + pass.outputs.length > 0);
    const stores = outputs.length > 0 || passes.some((pass) => pass.outputs.length > 0);
    return stores ? [{ ...kernel, passes, outputs }] : [];
  });
}
