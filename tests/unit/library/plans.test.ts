// Plans of random graphs, interpreted, against the same nodes evaluated one by one: fusion, addressing, passes along rows,
// updates in place and the order of reads and writes must not show; nor must NaN, infinity, and extents of 0 and 1. A failing
// graph is made smaller by leaving out results.

import { Capture } from "gradbook/compute/capture";
import type { DeviceBuffer } from "gradbook/compute/device";
import type { Plan } from "gradbook/compute/ir";
import { buildPlan } from "gradbook/compute/plan/index";
import { ReferenceDevice } from "gradbook/compute/reference/device";
import { typedArray } from "gradbook/graph/dtype";
import { NO_ATTRIBUTES, Node, scalarNode } from "gradbook/graph/node";
import * as ops from "gradbook/graph/ops/index";
import type { Window } from "gradbook/graph/shape";
import type { GraphSpec } from "gradbook/graph/spec";
import { expect, test } from "vitest";
import { evaluate } from "./eager.js";
import { seeded } from "./support.js";

const GRAPHS = 800;
const TOLERANCE = 1e-4;

interface Result {
  readonly node: Node;
  readonly overwrites: Node | undefined;
}

interface Case {
  readonly leaves: ReadonlyMap<Node, readonly number[]>;
  readonly results: readonly Result[];
}

class Maker {
  readonly leaves = new Map<Node, number[]>();
  private readonly pool: Node[] = [];
  private readonly random: () => number;

  constructor(seed: number) {
    this.random = seeded(seed);
    for (let i = 0; i < 4; i++) this.random();
  }

  whole(limit: number): number {
    return Math.floor(this.random() * limit);
  }
  pick<T>(list: readonly T[]): T {
    return list[this.whole(list.length)]!;
  }

  private shape(): number[] {
    // mostly the same extents, so that things fit together; squares for transposes in place
    if (this.random() < 0.04) return this.pick([[0], [0, 3], [3, 0], [2, 0, 4]]);
    return this.pick([[], [3], [4], [3, 3], [3, 4], [4, 3], [1, 4], [3, 1], [2, 3, 4], [2, 3, 3], [2, 1, 3]]);
  }

  private number32(): number {
    if (this.random() < 0.003)
      return this.pick([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]);
    return Math.fround(this.random() * 2 - 1);
  }

  leaf(dtype: "float32" | "int32", shape = this.shape(), limit = 5): Node {
    const node = new Node(undefined, [], NO_ATTRIBUTES, shape, dtype);
    node.value = { id: this.leaves.size, walk: 0, position: 0 } as never;
    const count = shape.reduce((product, n) => product * n, 1);
    const draw = (): number => (dtype === "int32" ? this.whole(limit) : this.number32());
    this.leaves.set(node, Array.from({ length: count }, draw));
    this.pool.push(node);
    return node;
  }

  private of(test: (node: Node) => boolean): Node | undefined {
    const fitting = this.pool.filter(test);
    return fitting.length === 0 ? undefined : this.pick(fitting);
  }
  /** One that may be empty. */
  private any(test: (node: Node) => boolean = () => true): Node {
    return this.of((node) => node.dtype === "float32" && test(node)) ?? this.leaf("float32", [3, 4]);
  }
  private float(test: (node: Node) => boolean = () => true): Node {
    return this.any((node) => !node.shape.includes(0) && test(node));
  }
  private number(): Node {
    return scalarNode(Math.fround(this.random() - 0.5), "float32");
  }
  private fitting(x: Node): Node {
    const fits = ({ shape }: Node): boolean =>
      shape.every((n, i) => {
        const other = x.shape[x.shape.length - shape.length + i] ?? 1;
        return n === other || n === 1 || other === 1;
      });
    return this.any(fits);
  }
  private condition(): Node {
    const a = this.leaf("int32");
    return this.random() < 0.5
      ? ops.gt(a, scalarNode(1, "int32"))
      : ops.eq(a, scalarNode(this.whole(5), "int32"));
  }
  private axes(rank: number): number[] {
    const axes = Array.from({ length: rank }, (_, i) => i).filter(() => this.random() < 0.5);
    return axes.length > 0 || rank === 0 ? axes : [this.whole(rank)];
  }
  private shuffled(rank: number): number[] {
    const axes = Array.from({ length: rank }, (_, i) => i);
    for (let i = rank - 1; i > 0; i--) {
      const j = this.whole(i + 1);
      [axes[i], axes[j]] = [axes[j]!, axes[i]!];
    }
    return axes;
  }

  private readonly makers: readonly (() => Node)[] = [
    () => this.pick([ops.neg, ops.abs, ops.relu, ops.tanh, ops.sigmoid, ops.sin, ops.identity])(this.any()),
    () => this.binary(),
    () => this.binary(),
    () => this.binary(),
    () => ops.mul(this.any(), this.number()),
    () => {
      const a = this.float();
      return ops.where(this.fitCondition(a), a, this.random() < 0.5 ? this.number() : this.fitting(a));
    },
    () => ops.cast(this.condition(), "float32"),
    () => this.reshape(this.any()),
    () => {
      const x = this.any(({ shape }) => shape.length > 1);
      return this.reshape(ops.permute(x, this.shuffled(x.shape.length)));
    },
    () => {
      const x = this.float(({ shape }) => shape.length > 1);
      return ops.permute(x, this.shuffled(x.shape.length));
    },
    () => {
      const x = this.float();
      return ops.expand(x, [2, ...x.shape.map((n) => (n === 1 ? 3 : n))]);
    },
    () => this.slice(this.float()),
    () => {
      const x = this.float();
      const steps = x.shape.map(() => (this.random() < 0.5 ? -1 : 1));
      return ops.slice(
        x,
        x.shape.map((n, i) => (steps[i] === -1 ? n - 1 : 0)),
        x.shape,
        steps,
      );
    },
    () => {
      const x = this.float(({ shape }) => shape.length < 3);
      const before = x.shape.map(() => this.whole(2));
      return ops.pad(
        x,
        before,
        x.shape.map((n, i) => n + before[i]! + this.whole(2)),
        this.pick([0, 0.5]),
      );
    },
    () => {
      const x = this.float(({ shape }) => shape.length > 0);
      return ops.window(x, this.windows(x.shape));
    },
    () => {
      // like a gradient: of another value than the windows of `x`
      const x = this.float(({ shape }) => shape.length > 0);
      const windows = this.windows(x.shape);
      const parts = ops.mul(ops.window(x, windows), this.number());
      return ops.overlapAdd(parts, windows, x.shape);
    },
    () => {
      const x = this.float(({ shape }) => shape.length > 0);
      const axis = this.whole(x.shape.length);
      const same = ({ shape }: Node): boolean =>
        shape.length === x.shape.length && shape.every((n, d) => d === axis || n === x.shape[d]);
      return ops.concat([x, this.float(same), ...(this.random() < 0.3 ? [x] : [])], axis);
    },
    () => {
      const x = this.float(({ shape }) => shape.length > 0);
      return ops.take(x, this.leaf("int32", this.pick([[3], [2, 2], []]), x.shape[0]!));
    },
    () => {
      const x = this.float(({ shape }) => shape.length > 0);
      const axis = this.whole(x.shape.length);
      const shape = x.shape.with(axis, 1 + this.whole(4));
      return ops.takeAlong(x, axis, this.leaf("int32", shape, x.shape[axis]!));
    },
    // routines
    () => {
      const x = this.float(({ shape }) => shape.length > 0);
      const sums = ops.scan("cumsum", x, this.whole(x.shape.length));
      return ops.mul(sums, scalarNode(0.5, "float32"));
    },
    () => {
      const x = this.float(({ shape }) => shape.length > 0);
      const axis = this.whole(x.shape.length);
      const whole = this.random() < 0.5;
      const index = this.leaf("int32", whole ? [...x.shape] : [x.shape[axis]!], 3);
      return ops.scatterAdd(x.shape.with(axis, 3), axis, index, x);
    },
    () => {
      const x = this.float(({ shape }) => shape.length > 0);
      const axis = this.whole(x.shape.length);
      const index = this.leaf("int32", [...x.shape], x.shape[axis]!);
      return ops.scatter(x, axis, index, this.random() < 0.5 ? x : ops.expand(this.number(), x.shape));
    },
    () => {
      const x = this.leaf("int32", [3, 4]);
      return ops.cast(ops.argsort(x, this.whole(2), this.random() < 0.5), "float32");
    },
    () => {
      const x = this.float();
      const sum = ops.reduce(
        this.pick(["sum", "sum", "sum", "max", "min", "prod"]),
        x,
        this.axes(x.shape.length),
      );
      return ops.mul(sum, scalarNode(0.25, "float32"));
    },
    () => {
      const x = this.any();
      return ops.reduce("sum", x, this.axes(x.shape.length));
    },
    () => this.softmax(this.float()),
    () => this.standardized(this.float()),
    () => {
      const x = this.leaf("int32", [3, 4]);
      return ops.cast(ops.reduce("argmax", x, this.pick([[0], [1], [0, 1]])), "float32");
    },
    () => this.matmul(),
    () => this.matmul(),
  ];

  private fitCondition(x: Node): Node {
    return ops.gt(this.leaf("int32", [...x.shape]), scalarNode(1, "int32"));
  }
  /** Values of a row spread over it again: the row may be along any axes. */
  private spread(reduced: Node, x: Node, axes: number[]): Node {
    return ops.broadcastTo(ops.reshape(reduced, ops.keptShape(x.shape, axes)), x.shape);
  }
  private softmax(x: Node): Node {
    const axes = this.axes(x.shape.length);
    const powers = ops.exp(ops.sub(x, this.spread(ops.reduce("max", x, axes), x, axes)));
    const total = ops.reduce("sum", powers, axes);
    this.pool.push(total);
    return ops.div(powers, this.spread(total, x, axes));
  }
  private standardized(x: Node): Node {
    const axes = this.axes(x.shape.length);
    const count = axes.reduce((product, axis) => product * x.shape[axis]!, 1);
    const mean = (of: Node): Node => ops.mul(ops.reduce("sum", of, axes), scalarNode(1 / count, "float32"));
    const average = mean(x);
    const centred = ops.sub(x, this.spread(average, x, axes));
    const variance = mean(ops.mul(centred, centred));
    const inverse = ops.rsqrt(ops.add(variance, scalarNode(0.1, "float32")));
    this.pool.push(average, variance);
    const result = ops.mul(centred, this.spread(inverse, x, axes));
    return this.random() < 0.5 ? result : ops.mul(result, this.fitting(result));
  }
  private binary(): Node {
    const x = this.any();
    return this.pick([ops.add, ops.sub, ops.mul, ops.maximum, ops.minimum])(x, this.fitting(x));
  }
  private reshape(x: Node): Node {
    const count = x.shape.reduce((product, n) => product * n, 1);
    const shapes = [
      [count],
      [count, 1],
      [1, count],
      ...[2, 3, 4].filter((n) => count % n === 0).map((n) => [n, count / n]),
    ];
    return ops.reshape(x, this.pick(shapes));
  }
  private slice(x: Node): Node {
    const starts = x.shape.map((n) => this.whole(n));
    return ops.slice(
      x,
      starts,
      x.shape.map((n, i) => 1 + this.whole(n - starts[i]!)),
    );
  }
  private windows(shape: readonly number[]): Window[] {
    return this.axes(shape.length).map((axis) => {
      const extent = shape[axis]!;
      const size = 1 + this.whole(Math.min(3, extent));
      const dilation = size > 1 ? 1 + this.whole(Math.floor((extent - 1) / (size - 1))) : 1;
      return { axis, size, dilation, stride: 1 + this.whole(3) };
    });
  }
  private matmul(): Node {
    const a = this.float(({ shape }) => shape.length > 1);
    const b = this.float(({ shape }) => shape.length === 2 && shape[0] === a.shape.at(-1));
    const fits = b.shape.length === 2 && b.shape[0] === a.shape.at(-1);
    return ops.mul(ops.matmul(a, fits ? b : ops.transposeLast(a)), scalarNode(0.3, "float32"));
  }

  make(): Case {
    for (let i = 0; i < 3; i++) this.leaf("float32");
    this.leaf("float32", [3, 3]);
    const count = 3 + this.whole(12);
    for (let i = 0; i < count; i++) {
      const node = this.pick(this.makers)();
      if (node.shape.reduce((product, n) => product * n, 1) <= 200) this.pool.push(node);
    }
    const results = new Map<Node, Result>();
    for (let i = 0; i <= this.whole(4); i++) {
      const node = this.pick(this.pool);
      if (node.pending) results.set(node, { node, overwrites: undefined });
    }
    for (const leaf of this.leaves.keys()) {
      if (leaf.dtype !== "float32" || this.random() < 0.4) continue;
      const node = this.update(leaf);
      if (node.pending && !results.has(node)) results.set(node, { node, overwrites: leaf });
    }
    return { leaves: this.leaves, results: [...results.values()] };
  }

  /** A new value for a leaf: from itself, moved about, from what was computed with its old value, from another leaf. */
  private update(leaf: Node): Node {
    const same = (node: Node): boolean => node.shape.join() === leaf.shape.join();
    const value = this.random() < 0.6 ? this.any(same) : leaf;
    const sources: (() => Node)[] = [
      () => ops.identity(ops.sub(leaf, ops.mul(value, this.number()))),
      () => ops.identity(value),
      () => value,
      () =>
        ops.slice(
          leaf,
          leaf.shape.map((n) => n - 1),
          leaf.shape,
          leaf.shape.map(() => -1),
        ),
    ];
    const [rows, columns] = leaf.shape;
    if (leaf.shape.length === 2 && rows === columns) {
      sources.push(
        () => ops.identity(ops.add(leaf, ops.transposeLast(leaf))),
        () => ops.matmul(leaf, leaf),
      );
    }
    const node = this.pick(sources)();
    return same(node) ? node : ops.identity(leaf);
  }
}

function specOf({ results }: Case): { spec: GraphSpec; inputs: readonly Node[]; args: Float64Array } {
  const captured = new Capture().capture(results);
  return { spec: captured.spec(), inputs: captured.inputs, args: Float64Array.from(captured.args) };
}

const device = new ReferenceDevice();

function store(values: readonly number[], dtype: Node["dtype"]): DeviceBuffer {
  const array = dtype === "float32" ? new Float32Array(values) : new Int32Array(values);
  const buffer = device.allocate(array.byteLength);
  device.write(buffer, 0, new Uint8Array(array.buffer));
  return buffer;
}

/** What is wrong with the plan of a case, if anything. */
function flaw(example: Case): string | undefined {
  const { spec, inputs, args } = specOf(example);
  const plan = buildPlan(spec);
  const overlap = overlapIn(plan);
  if (overlap !== undefined) return overlap;
  const bindings = inputs.map((leaf) => store(example.leaves.get(leaf)!, leaf.dtype));
  const targets = example.results.map(({ node, overwrites }) => {
    if (overwrites !== undefined) return bindings[inputs.indexOf(overwrites)]!;
    const elements = node.shape.reduce((product, n) => product * n, 1);
    const fresh = device.allocate(elements * (node.dtype === "bool" ? 1 : 4));
    bindings.push(fresh);
    return fresh;
  });
  const fault = device.run(device.compile(plan), bindings, args, () => false);
  if (fault !== undefined) return `fault ${JSON.stringify(fault)}`;
  const known = new Map<Node, number[]>();
  for (const [i, { node, overwrites }] of example.results.entries()) {
    const expected = evaluate(node, example.leaves, known);
    const bytes = device.read(targets[i]!, 0, expected.length * (node.dtype === "bool" ? 1 : 4));
    const actual = typedArray(node.dtype, bytes);
    const scale = Math.max(1, ...[...known.values()].flat().map(Math.abs).filter(Number.isFinite));
    const differs = (x: number, y: number): boolean =>
      !Object.is(x, y) && !(Math.abs(x - y) <= TOLERANCE * scale);
    const at = expected.findIndex((value, j) => differs(value, actual[j]!));
    if (at >= 0) {
      const kind = overwrites === undefined ? "result" : "update";
      return `${kind} ${i}, element ${at}: ${actual[at]} instead of ${expected[at]}`;
    }
  }
  return undefined;
}

/** Buffers of the arena that share bytes while both are needed. */
function overlapIn(plan: Plan): string | undefined {
  const first = new Map<number, number>();
  const last = new Map<number, number>();
  plan.kernels.forEach((kernel, i) => {
    const visit = (value: unknown): void => {
      if (typeof value !== "object" || value === null) return;
      const { buffer } = value as { buffer?: unknown };
      if (typeof buffer === "number") {
        if (!first.has(buffer)) first.set(buffer, i);
        last.set(buffer, i);
      }
      for (const child of Object.values(value)) visit(child);
    };
    visit(kernel);
  });
  for (const a of first.keys()) {
    for (const b of first.keys()) {
      const [x, y] = [plan.buffers[a]!, plan.buffers[b]!];
      if (a >= b || x.kind !== "arena" || y.kind !== "arena") continue;
      const together = first.get(a)! <= last.get(b)! && first.get(b)! <= last.get(a)!;
      if (together && x.offset < y.offset + y.bytes && y.offset < x.offset + x.bytes)
        return `buffers ${a} and ${b} share bytes of the arena`;
    }
  }
  const outside = plan.buffers.find((x) => x.kind === "arena" && x.offset + x.bytes > plan.arenaBytes);
  return outside && "a buffer ends after the arena";
}

/** As `flaw`, with errors of the planner. */
function examine(example: Case): string | undefined {
  try {
    return flaw(example);
  } catch (error) {
    return (error as Error).stack;
  }
}

/** The case without results that are not needed to see the flaw. */
function shrink(example: Case): Case {
  for (const result of example.results) {
    const smaller = { ...example, results: example.results.filter((other) => other !== result) };
    if (smaller.results.length > 0 && examine(smaller) !== undefined) return shrink(smaller);
  }
  return example;
}

test(`${GRAPHS} random graphs give what evaluating them one node at a time gives`, () => {
  let updates = 0;
  for (let seed = 1; seed <= GRAPHS; seed++) {
    const example = new Maker(seed).make();
    if (example.results.length === 0) continue;
    updates += example.results.filter(({ overwrites }) => overwrites !== undefined).length;
    if (examine(example) === undefined) continue;
    const small = shrink(example);
    expect.fail(`graph ${seed}: ${examine(small)}\n${JSON.stringify(specOf(small).spec)}`);
  }
  expect(updates).toBeGreaterThan(GRAPHS);
});
