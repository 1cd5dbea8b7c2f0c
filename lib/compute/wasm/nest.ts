// From a kernel's dimensions to the loops that are generated: dimensions that every address walks through in one stride
// become one loop, the loop that is vectorised is chosen by what its accesses cost, the rest is ordered by stride.

import { BYTES } from "../../graph/dtype.js";
import { children, type Expr, inOrder, type View } from "../../graph/expr.js";
import { accumulatorsOf, expressionsOf, type LoopKernel, type Output, outputsOf } from "../ir.js";

export interface Loop {
  readonly extent: number;
  readonly reduce: boolean;
  /** The one kernel dimension it is, if an `index` expression asks for that. */
  readonly index: number | undefined;
}

/** Where a load, gather or output goes: element `offset + sum(i[loop] * strides[loop])`. */
export interface Access {
  readonly buffer: number;
  readonly bytes: number;
  readonly offset: number;
  readonly strides: readonly number[];
}

export type Site = Extract<Expr, { kind: "load" | "gather" }> | Output;

export interface Nest {
  /** Outermost first; all parallel loops before the reduced ones. */
  readonly loops: readonly Loop[];
  readonly outer: number;
  /** The loop whose points lie side by side in a vector: the last outer one or the last reduced one; -1: there is none. */
  readonly vector: number;
  /** The loop over the dimension that was to be kept apart; -1: there is none. */
  readonly kept: number;
  readonly accesses: ReadonlyMap<Site, Access>;
  /** Strides of the position within the reduction, for argmax and argmin. */
  readonly position: readonly number[];
  /** The innermost loop the value changes in; -1: none. */
  depth(expr: Expr): number;
  /** Whether it differs between the lanes of a vector. */
  varies(expr: Expr): boolean;
}

interface Dimension {
  readonly extent: number;
  readonly reduce: boolean;
  readonly index: number | undefined;
  /** Not to be joined with others. */
  readonly kept: boolean;
  /** One for each site, then the position within the reduction. */
  readonly strides: readonly number[];
}

const CONTIGUOUS_COST = 1;
const INVARIANT_COST = 0.2;
const LANE_BY_LANE_COST = 5;
/** Two loads and a shuffle. */
const EVERY_SECOND_COST = 2;

/** `keep`: a dimension that becomes a loop of its own, if its extent is not 1. */
export function planNest(kernel: LoopKernel, keep = -1): Nest {
  const order = expressionsOf(kernel);
  const loads = order.filter((expr) => expr.kind === "load" || expr.kind === "gather");
  const sites: Site[] = [...loads, ...outputsOf(kernel)];
  const alongRow = sitesAlongRow(kernel);
  const dimensions = sorted(merge(dimensionsOf(kernel, sites, order, keep)), sites.length);
  const vector = chooseVector(
    dimensions,
    (dimension) => {
      let cost = 0;
      sites.forEach((site, i) => {
        if (kernel.passes.length === 0 || alongRow.has(site)) cost += accessCost(site, dimension, i);
      });
      return cost;
    },
    kernel,
  );
  const chosen = vector === undefined ? dimensions : moveLast(dimensions, vector);
  const loops = chosen.map(({ extent, reduce, index }) => ({ extent, reduce, index }));
  const accesses = new Map<Site, Access>();
  sites.forEach((site, i) => {
    const bytes = BYTES["value" in site ? site.value.dtype : site.dtype];
    const strides = chosen.map((dimension) => dimension.strides[i]!);
    accesses.set(site, { buffer: site.buffer, bytes, offset: site.view.offset, strides });
  });
  const masks = dependencies(order, loops, accesses);
  const vectorLoop = vector === undefined ? -1 : chosen.indexOf(vector);
  return {
    loops,
    outer: loops.filter((loop) => !loop.reduce).length,
    vector: vectorLoop,
    kept: chosen.findIndex(({ kept }) => kept),
    accesses,
    position: chosen.map((dimension) => dimension.strides[sites.length]!),
    depth: (expr) => 31 - Math.clz32(masks.get(expr)!),
    varies: (expr) => vectorLoop >= 0 && ((masks.get(expr)! >> vectorLoop) & 1) === 1,
  };
}

/** What happens at each point of a row. */
function sitesAlongRow({ passes }: LoopKernel): ReadonlySet<Site> {
  const values = passes.flatMap((pass) => [...pass.accumulators, ...pass.outputs]).map(({ value }) => value);
  return new Set([...inOrder(values), ...passes.flatMap((pass) => pass.outputs)] as Site[]);
}

function dimensionsOf(
  kernel: LoopKernel,
  sites: readonly Site[],
  order: readonly Expr[],
  keep: number,
): Dimension[] {
  const indexed = new Set(order.flatMap((expr) => (expr.kind === "index" ? [expr.dim] : [])));
  const extents = [...kernel.outer, ...kernel.reduce];
  const strideOf = (view: View, d: number): number => view.strides[d] ?? 0;
  return extents
    .map((extent, d): Dimension => {
      const reduce = d >= kernel.outer.length;
      const position = reduce ? extents.slice(d + 1).reduce((product, one) => product * one, 1) : 0;
      return {
        extent,
        reduce,
        index: indexed.has(d) ? d : undefined,
        kept: d === keep,
        strides: [...sites.map((site) => strideOf(site.view, d)), position],
      };
    })
    .filter((dimension) => dimension.extent !== 1);
}

/** Joins dimensions as long as one steps exactly over the other in every access. */
function merge(dimensions: readonly Dimension[]): Dimension[] {
  const merged = [...dimensions];
  const joins = (far: Dimension, near: Dimension): boolean =>
    far !== near &&
    far.reduce === near.reduce &&
    !far.kept &&
    !near.kept &&
    far.index === undefined &&
    near.index === undefined &&
    far.strides.every((stride, i) => stride === near.strides[i]! * near.extent);
  for (let far = 0; far < merged.length; far++) {
    const near = merged.findIndex((dimension) => joins(merged[far]!, dimension));
    if (near < 0) continue;
    merged[near] = { ...merged[near]!, extent: merged[near]!.extent * merged[far]!.extent };
    merged.splice(far, 1);
    far = -1;
  }
  return merged;
}

/** Parallel dimensions by falling stride of what is stored, then loaded; reduced ones after them, in their own order. */
function sorted(dimensions: readonly Dimension[], sites: number): Dimension[] {
  const reach = (dimension: Dimension): number =>
    dimension.strides.slice(0, sites).reduce((sum, stride) => sum + Math.abs(stride), 0);
  const outer = dimensions.filter((dimension) => !dimension.reduce).sort((a, b) => reach(b) - reach(a));
  return [...outer, ...dimensions.filter((dimension) => dimension.reduce)];
}

function accessCost(site: Site, dimension: Dimension, i: number): number {
  const stride = dimension.strides[i]!;
  if (!("value" in site) && site.kind === "gather" && children(site).length > 0 && stride !== 1) {
    return LANE_BY_LANE_COST;
  }
  if (stride === 2 && !("value" in site) && BYTES[site.dtype] === 4) return EVERY_SECOND_COST;
  return stride === 1 ? CONTIGUOUS_COST : stride === 0 ? INVARIANT_COST : LANE_BY_LANE_COST;
}

/** The dimension with the least work: vectors times their accesses, and what each row costs on top. */
function chooseVector(
  dimensions: readonly Dimension[],
  accesses: (dimension: Dimension) => number,
  kernel: LoopKernel,
): Dimension | undefined {
  const accumulators = accumulatorsOf(kernel);
  const inSequence = accumulators.some(({ op }) => op === "argmax" || op === "argmin");
  const last = dimensions.at(-1);
  let best: Dimension | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const dimension of [...dimensions].reverse()) {
    // The first of equals is only found first if positions are passed in order.
    if (inSequence && dimension.reduce && dimension !== last) continue;
    const row = dimension.reduce ? 4 + 8 * accumulators.length : 3;
    const vectors = Math.ceil(dimension.extent / 4) + (dimension.extent % 4 === 0 ? 0 : 0.5);
    const cost = (vectors * (accesses(dimension) + 1) + row) / dimension.extent;
    if (cost < least) {
      best = dimension;
      least = cost;
    }
  }
  return best;
}

/** The chosen dimension becomes the innermost of its kind. */
function moveLast(dimensions: readonly Dimension[], chosen: Dimension): Dimension[] {
  const rest = dimensions.filter((dimension) => dimension !== chosen);
  const outer = rest.filter((dimension) => !dimension.reduce);
  const reduced = rest.filter((dimension) => dimension.reduce);
  return chosen.reduce ? [...outer, ...reduced, chosen] : [...outer, chosen, ...reduced];
}

/** For every expression the loops it depends on, one bit each. */
function dependencies(
  order: readonly Expr[],
  loops: readonly Loop[],
  accesses: ReadonlyMap<Site, Access>,
): Map<Expr, number> {
  const masks = new Map<Expr, number>();
  const outer = (1 << loops.filter((loop) => !loop.reduce).length) - 1;
  for (const expr of order) {
    let mask = children(expr).reduce((all, child) => all | masks.get(child)!, 0);
    if (expr.kind === "load" || expr.kind === "gather") {
      accesses.get(expr)!.strides.forEach((stride, loop) => {
        if (stride !== 0) mask |= 1 << loop;
      });
    } else if (expr.kind === "index") {
      const loop = loops.findIndex((one) => one.index === expr.dim);
      if (loop >= 0) mask |= 1 << loop;
    } else if (expr.kind === "accumulator") mask |= outer;
    masks.set(expr, mask);
  }
  return masks;
}
