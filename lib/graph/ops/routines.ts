// Operations that are no loops over independent points: orders, running results, scattering. Devices run them as routines
// (lib/compute/reference/routines).

import { isFloat } from "../dtype.js";
import { type DerivativeStep, defineOp, type Node, type Op, record, scalarNode } from "../node.js";
import type { Shape } from "../shape.js";
import {
  add,
  cast,
  div,
  eq,
  exp,
  full,
  identity,
  log,
  logicalAnd,
  maximum,
  mul,
  neg,
  sub,
  where,
} from "./elementwise.js";
import { takeAlong, takeSlices } from "./indexing.js";
import { flip } from "./movement.js";

/** A routine's inputs lie in memory, which a number does not, and are no float16. */
const stored = (x: Node): Node =>
  x.dtype === "float16" ? cast(x, "float32") : x.scalar === undefined ? x : identity(x);

const ARGSORT: Op = defineOp({
  name: "argsort",
  infer: ([x], { axis, count }) => ({
    shape: x!.shape.map((n, i) => (i === axis ? (count as number) : n)),
    dtype: "int32",
  }),
  lowering: { kind: "routine", name: "argsort" },
});

/** Positions along `axis` of the elements in ascending or descending order, or of the first `count` in that order, int32.
 *  Stable; NaN counts as the largest. */
export function argsort(
  x: Node,
  axis: number,
  descending: boolean,
  count: number = x.shape[axis] ?? 1,
): Node {
  return record(ARGSORT, [stored(x)], { axis, descending, count });
}

type ScanName = "cumsum" | "cumprod" | "logcumsumexp" | "cummax" | "cummin";

function scanOp(name: ScanName, derivative?: (step: DerivativeStep, axis: number) => Node): Op {
  return defineOp({
    name,
    infer: ([x]) => ({
      shape: x!.shape,
      dtype: name === "cummax" || name === "cummin" ? "int32" : x!.dtype,
    }),
    lowering: { kind: "routine", name },
    ...(derivative && {
      derivative: (step: DerivativeStep) => [derivative(step, step.attributes.axis as number)],
    }),
  });
}

/** A scan that runs from the end of the axis to its start. */
const backwards = (name: ScanName, x: Node, axis: number): Node =>
  flip(scan(name, flip(x, [axis]), axis), [axis]);

/** Element k of the input is a factor of all results from k on. Up to the first 0 the others are the result over the
 *  element; at the first 0 they are the running product without it; behind it there is always that 0 among them. */
function productGradient({ inputs, gradient }: DerivativeStep, axis: number): Node {
  const x = inputs[0]!;
  const zero = scalarNode(0, "float32");
  const isZero = eq(x, zero);
  const zeros = scan("cumsum", cast(isZero, "int32"), axis);
  const first = logicalAnd(isZero, eq(zeros, scalarNode(1, "int32")));
  const clear = eq(zeros, scalarNode(0, "int32"));
  const products = scan("cumprod", where(first, scalarNode(1, "float32"), x), axis);
  const withoutFirst = backwards("cumsum", mul(gradient, products), axis);
  const upToFirst = backwards("cumsum", where(clear, mul(gradient, products), zero), axis);
  const safe = where(isZero, scalarNode(1, "float32"), x);
  return where(first, withoutFirst, where(clear, div(upToFirst, safe), zero));
}

/** exp(x) * (sum of g * exp(-y) from the element on), in logarithms, the two signs of g apart. */
function logSumGradient({ inputs, output, gradient }: DerivativeStep, axis: number): Node {
  const zero = scalarNode(0, "float32");
  const part = (g: Node): Node =>
    exp(add(backwards("logcumsumexp", sub(log(maximum(g, zero)), output), axis), inputs[0]!));
  return sub(part(gradient), part(neg(gradient)));
}

const SCAN: { readonly [name in ScanName]: Op } = {
  cumsum: scanOp("cumsum", ({ gradient }, axis) => backwards("cumsum", gradient, axis)),
  cumprod: scanOp("cumprod", productGradient),
  logcumsumexp: scanOp("logcumsumexp", logSumGradient),
  cummax: scanOp("cummax"),
  cummin: scanOp("cummin"),
};

/** The running sum, product or log-sum-exp along `axis`; for `cummax` and `cummin` the position (int32) of the best so far. */
export function scan(name: ScanName, x: Node, axis: number): Node {
  const result = record(SCAN[name], [stored(x)], { axis });
  return isFloat(result.dtype) ? cast(result, x.dtype) : result;
}

const SCATTER: Op = defineOp({
  name: "scatter",
  infer: ([x]) => ({ shape: x!.shape, dtype: x!.dtype }),
  derivative: ({ inputs, attributes, gradient, needs }) => {
    const index = inputs[1]!;
    const axis = attributes.axis as number;
    const cleared = (): Node => scatter(gradient, axis, index, full(index.shape, 0, gradient.dtype));
    return [
      needs[0] ? cleared() : undefined,
      undefined,
      needs[2] ? takeAlong(gradient, axis, index) : undefined,
    ];
  },
  lowering: { kind: "routine", name: "scatter" },
});

/** `x` with values[p] at the place p whose coordinate `axis` is index[p]; the last of several stays. `values` has the shape of
 *  `index` and the type of `x`. The indices must be known to fit. */
export function scatter(x: Node, axis: number, index: Node, values: Node): Node {
  return cast(record(SCATTER, [stored(x), stored(index), stored(values)], { axis }), x.dtype);
}

const SCATTER_ADD: Op = defineOp({
  name: "scatter_add",
  infer: ([, values], { shape }) => ({ shape: shape as Shape, dtype: values!.dtype }),
  derivative: ({ inputs, attributes, gradient }) => {
    const [index, values] = inputs as [Node, Node];
    const axis = attributes.axis as number;
    const slices = index.shape.length === 1 && values.shape.length > 1;
    return [undefined, slices ? takeSlices(gradient, axis, index) : takeAlong(gradient, axis, index)];
  },
  lowering: { kind: "routine", name: "scatterAdd" },
});

/** Zeros of `shape`, and at each place the sum of the values whose index along `axis` leads there, in a fixed order. `index`
 *  has the shape of `values`, or is 1-d and sends whole slices. The indices must be known to fit. */
export function scatterAdd(shape: Shape, axis: number, index: Node, values: Node): Node {
  return cast(record(SCATTER_ADD, [stored(index), stored(values)], { shape, axis }), values.dtype);
}
