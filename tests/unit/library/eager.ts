// Evaluates recorded nodes one by one, in plain loops over positions: what a plan for the same nodes must give.

import type { Node } from "gradbook/graph/node";

type Shape = readonly number[];
type Values = readonly number[];

const size = (shape: Shape): number => shape.reduce((product, n) => product * n, 1);

/** All positions of a shape, row-major. */
function* positions(shape: Shape): Generator<number[]> {
  for (let flat = 0; flat < size(shape); flat++) {
    const at = new Array<number>(shape.length);
    let rest = flat;
    for (let d = shape.length - 1; d >= 0; d--) {
      at[d] = rest % shape[d]!;
      rest = Math.floor(rest / shape[d]!);
    }
    yield at;
  }
}

const flatOf = (at: readonly number[], shape: Shape): number =>
  at.reduce((flat, i, d) => flat * shape[d]! + i, 0);

/** The element of a broadcast operand at a position of the result. */
function broadcast(values: Values, shape: Shape, at: readonly number[]): number {
  const lead = at.length - shape.length;
  return values[
    flatOf(
      shape.map((n, d) => (n === 1 ? 0 : at[d + lead]!)),
      shape,
    )
  ]!;
}

const UNARY: Readonly<Record<string, (x: number) => number>> = {
  neg: (x) => -x,
  abs: Math.abs,
  relu: (x) => Math.max(x, 0),
  tanh: Math.tanh,
  sigmoid: (x) => 1 / (1 + Math.exp(-x)),
  sin: Math.sin,
  exp: Math.exp,
  rsqrt: (x) => 1 / Math.sqrt(x),
  not: (x) => (x === 0 ? 1 : 0),
  identity: (x) => x,
};

const BINARY: Readonly<Record<string, (a: number, b: number) => number>> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  max: Math.max,
  min: Math.min,
  gt: (a, b) => (a > b ? 1 : 0),
  eq: (a, b) => (a === b ? 1 : 0),
  and: (a, b) => a && b,
};

const REDUCE: Readonly<Record<string, (values: Values) => number>> = {
  reduce_sum: (values) => values.reduce((sum, x) => sum + x, 0),
  reduce_prod: (values) => values.reduce((product, x) => product * x, 1),
  reduce_max: (values) => Math.max(...values),
  reduce_min: (values) => Math.min(...values),
  reduce_argmax: (values) => values.indexOf(Math.max(...values)),
};

type Rule = (node: Node, inputs: readonly Values[]) => number[];
const each = (shape: Shape, at: (position: number[]) => number): number[] => [...positions(shape)].map(at);

const RULES: Readonly<Record<string, Rule>> = {
  full: ({ shape, attributes }) => each(shape, () => attributes.value as number),
  iota: ({ shape }) => each(shape, ([i]) => i!),
  cast: ({ dtype }, [x]) =>
    x!.map((v) => (dtype === "bool" ? Number(v !== 0) : dtype === "int32" ? Math.trunc(v) : v)),
  where: (node, [c, a, b]) =>
    each(node.shape, (at) =>
      broadcast(c!, node.inputs[0]!.shape, at) !== 0
        ? broadcast(a!, node.inputs[1]!.shape, at)
        : broadcast(b!, node.inputs[2]!.shape, at),
    ),
  reshape: (_, [x]) => [...x!],
  permute: ({ shape, attributes, inputs: [source] }, [x]) =>
    each(shape, (at) => {
      const from = new Array<number>(at.length);
      (attributes.axes as Shape).forEach((axis, d) => {
        from[axis] = at[d]!;
      });
      return x![flatOf(from, source!.shape)]!;
    }),
  expand: ({ shape, inputs: [source] }, [x]) => each(shape, (at) => broadcast(x!, source!.shape, at)),
  slice: ({ shape, attributes, inputs: [source] }, [x]) => {
    const starts = attributes.starts as Shape;
    const steps = attributes.steps as Shape;
    return each(
      shape,
      (at) =>
        x![
          flatOf(
            at.map((i, d) => starts[d]! + i * steps[d]!),
            source!.shape,
          )
        ]!,
    );
  },
  pad: ({ shape, attributes, inputs: [source] }, [x]) => {
    const before = attributes.before as Shape;
    return each(shape, (at) => {
      const from = at.map((i, d) => i - before[d]!);
      const inside = from.every((i, d) => i >= 0 && i < source!.shape[d]!);
      return inside ? x![flatOf(from, source!.shape)]! : (attributes.value as number);
    });
  },
  window: ({ shape, attributes, inputs: [source] }, [x]) => {
    const { axes, strides, dilations } = attributes as Record<string, Shape>;
    const rank = source!.shape.length;
    return each(shape, (at) => {
      const from = at.slice(0, rank);
      axes!.forEach((axis, i) => {
        from[axis] = at[axis]! * strides![i]! + at[rank + i]! * dilations![i]!;
      });
      return x![flatOf(from, source!.shape)]!;
    });
  },
  // scattered from the windows, while plans gather
  overlap: ({ shape, attributes, inputs: [source] }, [x]) => {
    const { axes, strides, dilations } = attributes as Record<string, Shape>;
    const rank = source!.shape.length - axes!.length;
    const result = each(shape, () => 0);
    for (const at of positions(source!.shape)) {
      const to = at.slice(0, rank).flatMap((position, axis) => {
        const i = axes!.indexOf(axis);
        if (i < 0) return [position];
        const element = position * strides![i]! + at[rank + i]! * dilations![i]!;
        return [Math.floor(element / strides![i]!), element % strides![i]!];
      });
      axes!.forEach((_, i) => {
        to.push(Math.floor(at[rank + i]! / strides![i]!));
      });
      // positions that only make the extent a multiple of the stride may lie outside
      if (to.every((i, d) => i < shape[d]!)) result[flatOf(to, shape)]! += x![flatOf(at, source!.shape)]!;
    }
    return result;
  },
  concat: ({ shape, attributes, inputs }, parts) => {
    const axis = attributes.axis as number;
    return each(shape, (at) => {
      let part = 0;
      let i = at[axis]!;
      while (i >= inputs[part]!.shape[axis]!) i -= inputs[part++]!.shape[axis]!;
      return parts[part]![flatOf(at.with(axis, i), inputs[part]!.shape)]!;
    });
  },
  take: ({ shape, inputs: [source, index] }, [x, indices]) =>
    each(shape, (at) => {
      const rank = index!.shape.length;
      const row = indices![flatOf(at.slice(0, rank), index!.shape)]!;
      return x![flatOf([row, ...at.slice(rank)], source!.shape)]!;
    }),
  take_along: ({ shape, attributes, inputs: [source] }, [x, indices]) =>
    each(
      shape,
      (at) => x![flatOf(at.with(attributes.axis as number, indices![flatOf(at, shape)]!), source!.shape)]!,
    ),
  cumsum: ({ shape, attributes }, [x]) =>
    each(shape, (at) => {
      const axis = attributes.axis as number;
      let sum = 0;
      for (let i = 0; i <= at[axis]!; i++) sum += x![flatOf(at.with(axis, i), shape)]!;
      return sum;
    }),
  // looked for by every result, while routines send each value to its place
  scatter_add: ({ shape, attributes, inputs: [index, values] }, [indices, x]) =>
    each(shape, (at) => {
      const axis = attributes.axis as number;
      let sum = 0;
      for (let i = 0; i < values!.shape[axis]!; i++) {
        const from = at.with(axis, i);
        const to = indices![index!.shape.length === 1 ? i : flatOf(from, index!.shape)];
        if (to === at[axis]) sum += x![flatOf(from, values!.shape)]!;
      }
      return sum;
    }),
  scatter: ({ shape, attributes }, [x, indices, values]) =>
    each(shape, (at) => {
      const axis = attributes.axis as number;
      let result = x![flatOf(at, shape)]!;
      for (let i = 0; i < shape[axis]!; i++) {
        const from = flatOf(at.with(axis, i), shape);
        if (indices![from] === at[axis]) result = values![from]!;
      }
      return result;
    }),
  argsort: ({ shape, attributes }, [x]) =>
    each(shape, (at) => {
      const axis = attributes.axis as number;
      const line = Array.from({ length: shape[axis]! }, (_, i) => x![flatOf(at.with(axis, i), shape)]!);
      const sign = attributes.descending ? -1 : 1;
      return line.map((_, i) => i).sort((i, j) => sign * (line[i]! - line[j]!) || i - j)[at[axis]!]!;
    }),
  matmul: ({ shape, inputs: [a, b] }, [x, y]) =>
    each(shape, (at) => {
      const lead = at.slice(0, -2);
      const [i, j] = at.slice(-2) as [number, number];
      let sum = 0;
      for (let k = 0; k < a!.shape.at(-1)!; k++) {
        sum += broadcast(x!, a!.shape, [...lead, i, k]) * broadcast(y!, b!.shape, [...lead, k, j]);
      }
      return sum;
    }),
};

function reduced(node: Node, x: Values): number[] {
  const source = node.inputs[0]!.shape;
  const axes = node.attributes.axes as Shape;
  const kept = source.map((_, d) => d).filter((d) => !axes.includes(d));
  return each(node.shape, (at) => {
    const values = [...positions(axes.map((axis) => source[axis]!))].map((inner) => {
      const from = new Array<number>(source.length);
      for (const [i, d] of kept.entries()) from[d] = at[i]!;
      for (const [i, d] of axes.entries()) from[d] = inner[i]!;
      return x[flatOf(from, source)]!;
    });
    return REDUCE[node.op!.name]!(values);
  });
}

/** The value of a node in double precision, from those of its leaves. */
export function evaluate(
  node: Node,
  leaves: ReadonlyMap<Node, Values>,
  known: Map<Node, number[]>,
): number[] {
  const before = known.get(node);
  if (before !== undefined) return before;
  let values: number[];
  const leaf = leaves.get(node);
  if (leaf !== undefined) values = [...leaf];
  else if (node.scalar !== undefined) values = [node.scalar];
  else {
    const inputs = node.inputs.map((input) => evaluate(input, leaves, known));
    const name = node.op!.name;
    const [a, b] = node.inputs;
    if (name in UNARY) values = inputs[0]!.map(UNARY[name]!);
    else if (name in BINARY) {
      values = each(node.shape, (at) =>
        BINARY[name]!(broadcast(inputs[0]!, a!.shape, at), broadcast(inputs[1]!, b!.shape, at)),
      );
    } else if (name in REDUCE) values = reduced(node, inputs[0]!);
    else values = RULES[name]!(node, inputs);
  }
  known.set(node, values);
  return values;
}
