// Elementwise operations: one table row each for unary and binary ones, with the derivative beside the expression.
// Inputs broadcast. Derivatives follow PyTorch's conventions where a function has a kink (relu'(0) = 0, |x|'(0) = 0).

import { computeType, type DType, isFloat, promote } from "../dtype.js";
import type { BinaryOp as AnyBinaryOp, BitOp, UnaryOp } from "../expr.js";
import {
  binaryExpr,
  constant,
  constantNode,
  type DerivativeStep,
  defineOp,
  type Node,
  type Op,
  record,
  scalarNode,
  withGradModeNow,
} from "../node.js";
import { broadcastShapes, formatShape, sameShape } from "../shape.js";
import { expand } from "./movement.js";
import { sumTo } from "./reduce.js";

/** Bits have no operations of their own here: only random numbers are made of them (random.ts). */
type BinaryOp = Exclude<AnyBinaryOp, BitOp>;

type Gradient = (x: Node, y: Node, g: Node) => Node;

const number = constantNode;

function unaryOp(name: UnaryOp, result: "float" | "same", gradient?: Gradient): Op {
  return defineOp({
    name,
    infer: ([x]) => ({ shape: x!.shape, dtype: result === "float" ? "float32" : x!.dtype }),
    lowering: {
      kind: "elementwise",
      expression: ([x], node) => ({ kind: "unary", op: name, dtype: node.dtype, x: x! }),
    },
    ...(gradient && {
      derivative: ({ inputs, output, gradient: g }: DerivativeStep) => [gradient(inputs[0]!, output, g)],
    }),
  });
}

/** Steps are flat almost everywhere; PyTorch calls it zero at the jumps, too. */
const flat: Gradient = (x) => full(x.shape, 0, "float32");

const INV_SQRT_PI_2 = 2 / Math.sqrt(Math.PI);

/** "float": the result is float32 whatever the operand; "same": the type is kept. */
const UNARY: { readonly [name in UnaryOp]: Op } = {
  neg: unaryOp("neg", "same", (_x, _y, g) => neg(g)),
  abs: unaryOp("abs", "same", (x, _y, g) => mul(g, sign(x))),
  sign: unaryOp("sign", "same", flat),
  exp: unaryOp("exp", "float", (_x, y, g) => mul(g, y)),
  expm1: unaryOp("expm1", "float", (_x, y, g) => mul(g, add(y, number(1)))),
  log: unaryOp("log", "float", (x, _y, g) => div(g, x)),
  log1p: unaryOp("log1p", "float", (x, _y, g) => div(g, add(x, number(1)))),
  sqrt: unaryOp("sqrt", "float", (_x, y, g) => div(g, mul(y, number(2)))),
  rsqrt: unaryOp("rsqrt", "float", (_x, y, g) => mul(g, mul(number(-0.5), mul(y, mul(y, y))))),
  reciprocal: unaryOp("reciprocal", "float", (_x, y, g) => neg(mul(g, mul(y, y)))),
  sin: unaryOp("sin", "float", (x, _y, g) => mul(g, cos(x))),
  cos: unaryOp("cos", "float", (x, _y, g) => neg(mul(g, sin(x)))),
  atan: unaryOp("atan", "float", (x, _y, g) => div(g, add(mul(x, x), number(1)))),
  tanh: unaryOp("tanh", "float", (_x, y, g) => mul(g, sub(number(1), mul(y, y)))),
  sigmoid: unaryOp("sigmoid", "float", (_x, y, g) => mul(g, mul(y, sub(number(1), y)))),
  erf: unaryOp("erf", "float", (x, _y, g) => mul(g, mul(number(INV_SQRT_PI_2), exp(neg(mul(x, x)))))),
  floor: unaryOp("floor", "same", flat),
  ceil: unaryOp("ceil", "same", flat),
  round: unaryOp("round", "same", flat),
  not: unaryOp("not", "same"),
};

function unary(name: UnaryOp, x: Node): Node {
  const float = FLOAT_RESULT.has(name);
  const result = record(UNARY[name], [cast(x, float ? "float32" : computeType(x.dtype))]);
  return float && !isFloat(x.dtype) ? result : cast(result, x.dtype);
}

const FLOAT_RESULT: ReadonlySet<UnaryOp> = new Set<UnaryOp>([
  ...([
    "exp",
    "expm1",
    "log",
    "log1p",
    "sqrt",
    "rsqrt",
    "reciprocal",
    "sin",
    "cos",
    "atan",
    "tanh",
    "sigmoid",
    "erf",
  ] as const),
]);

export const neg = (x: Node): Node => unary("neg", x);
export const abs = (x: Node): Node => unary("abs", x);
export const sign = (x: Node): Node => unary("sign", x);
export const exp = (x: Node): Node => unary("exp", x);
export const expm1 = (x: Node): Node => unary("expm1", x);
export const log = (x: Node): Node => unary("log", x);
export const log1p = (x: Node): Node => unary("log1p", x);
export const sqrt = (x: Node): Node => unary("sqrt", x);
export const rsqrt = (x: Node): Node => unary("rsqrt", x);
export const reciprocal = (x: Node): Node => unary("reciprocal", x);
export const sin = (x: Node): Node => unary("sin", x);
export const cos = (x: Node): Node => unary("cos", x);
export const atan = (x: Node): Node => unary("atan", x);
export const tanh = (x: Node): Node => unary("tanh", x);
export const sigmoid = (x: Node): Node => unary("sigmoid", x);
export const erf = (x: Node): Node => unary("erf", x);
export const floor = (x: Node): Node => (isFloat(x.dtype) ? unary("floor", x) : x);
export const ceil = (x: Node): Node => (isFloat(x.dtype) ? unary("ceil", x) : x);
export const round = (x: Node): Node => (isFloat(x.dtype) ? unary("round", x) : x);
/** True where x is NaN. */
export const isNan = (x: Node): Node => ne(x, x);
export const logicalNot = (x: Node): Node => unary("not", cast(x, "bool"));

type BinaryGradient = (step: {
  a: Node;
  b: Node;
  y: Node;
  g: Node;
  needs: readonly boolean[];
}) => [Node | undefined, Node | undefined];

function binaryOp(name: BinaryOp, kind: "arithmetic" | "logic", gradient?: BinaryGradient): Op {
  return defineOp({
    name,
    infer: ([a, b]) => ({
      shape: broadcastShapes(a!.shape, b!.shape, name),
      dtype: kind === "logic" ? "bool" : a!.dtype,
    }),
    lowering: { kind: "elementwise", expression: ([a, b], node) => binaryExpr(name, a!, b!, node.dtype) },
    ...(gradient && {
      derivative: ({ inputs, output, gradient: g, needs }: DerivativeStep) => {
        const [a, b] = inputs as [Node, Node];
        const [ga, gb] = gradient({ a, b, y: output, g, needs });
        return [
          ga && needs[0] ? sumTo(ga, a.shape) : undefined,
          gb && needs[1] ? sumTo(gb, b.shape) : undefined,
        ];
      },
    }),
  });
}

/** Half of the gradient to each side where both are equal, as PyTorch's maximum and minimum. */
function pick(name: "ge" | "le"): BinaryGradient {
  return ({ a, b, g, needs }) => {
    const half = mul(g, number(0.5));
    const zero = number(0);
    const tie = binary("eq", a, b);
    const towards = (x: Node, y: Node): Node => where(tie, half, where(binary(name, x, y), g, zero));
    return [needs[0] ? towards(a, b) : undefined, needs[1] ? towards(b, a) : undefined];
  };
}

const BINARY: { readonly [name in BinaryOp]: Op } = {
  add: binaryOp("add", "arithmetic", ({ g }) => [g, g]),
  sub: binaryOp("sub", "arithmetic", ({ g, needs }) => [g, needs[1] ? neg(g) : undefined]),
  mul: binaryOp("mul", "arithmetic", ({ a, b, g, needs }) => [
    needs[0] ? mul(g, b) : undefined,
    needs[1] ? mul(g, a) : undefined,
  ]),
  div: binaryOp("div", "arithmetic", ({ b, y, g, needs }) => [
    needs[0] ? div(g, b) : undefined,
    needs[1] ? neg(mul(g, div(y, b))) : undefined,
  ]),
  pow: binaryOp("pow", "arithmetic", ({ a, b, y, g, needs }) => {
    const zero = number(0);
    return [
      // b * a^(b-1), and 0 where b is 0, also at a = 0
      needs[0] ? where(eq(b, zero), zero, mul(g, mul(b, pow(a, sub(b, number(1)))))) : undefined,
      // y * ln(a), and 0 where a = 0 and b >= 0
      needs[1] ? where(logicalAnd(eq(a, zero), ge(b, zero)), zero, mul(g, mul(y, log(a)))) : undefined,
    ];
  }),
  mod: binaryOp("mod", "arithmetic", ({ a, b, g, needs }) => [
    g,
    needs[1] ? neg(mul(g, floor(div(a, b)))) : undefined,
  ]),
  max: binaryOp("max", "arithmetic", pick("ge")),
  min: binaryOp("min", "arithmetic", pick("le")),
  eq: binaryOp("eq", "logic"),
  ne: binaryOp("ne", "logic"),
  lt: binaryOp("lt", "logic"),
  le: binaryOp("le", "logic"),
  gt: binaryOp("gt", "logic"),
  ge: binaryOp("ge", "logic"),
  and: binaryOp("and", "logic"),
  or: binaryOp("or", "logic"),
};

/** Operations of two bools that give a bool (`add` and `max` mean "or", `mul` and `min` "and"); for all others they are counted. */
const OF_BOOLS: ReadonlySet<BinaryOp> = new Set<BinaryOp>([
  "and",
  "or",
  "eq",
  "ne",
  "add",
  "mul",
  "max",
  "min",
]);

function binary(name: BinaryOp, a: Node, b: Node): Node {
  const dtype = promote(a.dtype, b.dtype);
  const type = dtype === "bool" && !OF_BOOLS.has(name) ? "int32" : computeType(dtype);
  const result = record(BINARY[name], [cast(a, type), cast(b, type)]);
  return result.dtype === type && type !== dtype && dtype !== "bool" ? cast(result, dtype) : result;
}

export const add = (a: Node, b: Node): Node => binary("add", a, b);
export const sub = (a: Node, b: Node): Node => binary("sub", a, b);
export const mul = (a: Node, b: Node): Node => binary("mul", a, b);
/** True division: whole numbers are converted to float32 first. */
export const div = (a: Node, b: Node): Node =>
  isFloat(promote(a.dtype, b.dtype))
    ? binary("div", a, b)
    : binary("div", cast(a, "float32"), cast(b, "float32"));
/** Division rounding down; whole numbers stay whole. */
export const floorDiv = (a: Node, b: Node): Node =>
  isFloat(promote(a.dtype, b.dtype)) ? floor(div(a, b)) : binary("div", a, b);
/** Remainder with the sign of the divisor, as Python's `%`. */
export const remainder = (a: Node, b: Node): Node => binary("mod", a, b);
export const pow = (a: Node, b: Node): Node => binary("pow", a, b);
export const maximum = (a: Node, b: Node): Node => binary("max", a, b);
export const minimum = (a: Node, b: Node): Node => binary("min", a, b);
export const eq = (a: Node, b: Node): Node => binary("eq", a, b);
export const ne = (a: Node, b: Node): Node => binary("ne", a, b);
export const lt = (a: Node, b: Node): Node => binary("lt", a, b);
export const le = (a: Node, b: Node): Node => binary("le", a, b);
export const gt = (a: Node, b: Node): Node => binary("gt", a, b);
export const ge = (a: Node, b: Node): Node => binary("ge", a, b);
export const logicalAnd = (a: Node, b: Node): Node => binary("and", cast(a, "bool"), cast(b, "bool"));
export const logicalOr = (a: Node, b: Node): Node => binary("or", cast(a, "bool"), cast(b, "bool"));

const CAST: Op = defineOp({
  name: "cast",
  infer: ([x], attributes) => ({ shape: x!.shape, dtype: attributes.dtype as DType }),
  derivative: ({ inputs, gradient }) => [cast(gradient, inputs[0]!.dtype)],
  lowering: { kind: "elementwise", expression: ([x], node) => ({ kind: "cast", dtype: node.dtype, x: x! }) },
});

/** The same values as another type; the node itself where nothing changes. */
export function cast(x: Node, dtype: DType): Node {
  if (x.dtype === dtype) return x;
  if (x.scalar !== undefined) return scalarNode(convertScalar(x.scalar, dtype), dtype);
  return record(CAST, [x], { dtype });
}

function convertScalar(value: number, dtype: DType): number {
  if (dtype === "bool") return value === 0 ? 0 : 1;
  return dtype === "int32" ? Math.trunc(value) : value;
}

const WHERE: Op = defineOp({
  name: "where",
  infer: ([c, a, b]) => ({
    shape: broadcastShapes(broadcastShapes(c!.shape, a!.shape, "where"), b!.shape, "where"),
    dtype: a!.dtype,
  }),
  derivative: ({ inputs, gradient, needs }) => {
    const [c, a, b] = inputs as [Node, Node, Node];
    const zero = scalarNode(0, gradient.dtype);
    return [
      undefined,
      needs[1] ? sumTo(where(c, gradient, zero), a.shape) : undefined,
      needs[2] ? sumTo(where(c, zero, gradient), b.shape) : undefined,
    ];
  },
  lowering: {
    kind: "elementwise",
    expression: ([condition, a, b], node) => ({
      kind: "where",
      dtype: node.dtype,
      condition: condition!,
      a: a!,
      b: b!,
    }),
  },
});

/** `a` where `condition` is true, else `b`. */
export function where(condition: Node, a: Node, b: Node): Node {
  const dtype = promote(a.dtype, b.dtype);
  return record(WHERE, [cast(condition, "bool"), cast(a, dtype), cast(b, dtype)]);
}

/** The gradient where the output is positive, else 0: one operation, since networks are full of it. */
const RELU_GRADIENT: Op = defineOp({
  name: "relu_gradient",
  infer: ([, gradient]) => ({ shape: gradient!.shape, dtype: gradient!.dtype }),
  derivative: ({ inputs, gradient }) => [undefined, record(RELU_GRADIENT, [inputs[0]!, gradient])],
  lowering: {
    kind: "elementwise",
    expression: ([y, gradient], { dtype }) => ({
      kind: "where",
      dtype,
      condition: binaryExpr("gt", y!, constant(0, y!.dtype), "bool"),
      a: gradient!,
      b: constant(0, dtype),
    }),
  },
});

const RELU: Op = defineOp({
  name: "relu",
  infer: ([x]) => ({ shape: x!.shape, dtype: x!.dtype }),
  // the output tells where the input was positive, so that the input need not be kept
  derivative: ({ output, gradient }) => [record(RELU_GRADIENT, [output, gradient])],
  lowering: {
    kind: "elementwise",
    expression: ([x], node) => binaryExpr("max", x!, constant(0, node.dtype), node.dtype),
  },
});

/** max(x, 0), with derivative 0 at 0. */
export const relu = (x: Node): Node => cast(record(RELU, [cast(x, computeType(x.dtype))]), x.dtype);

/** The least size of a number that `withoutTiny` keeps: so far above the least normal one, 2^-126, that no share that an optimizer
 *  keeps of it in a step is less than that. */
const TINY = 2 ** -120;

const WITHOUT_TINY: Op = defineOp({
  name: "without_tiny",
  infer: ([x]) => ({ shape: x!.shape, dtype: x!.dtype }),
  lowering: {
    kind: "elementwise",
    expression: ([x], { dtype }) => ({
      kind: "where",
      dtype,
      condition: binaryExpr("lt", { kind: "unary", dtype, op: "abs", x: x! }, constant(TINY, dtype), "bool"),
      a: constant(0, dtype),
      b: x!,
    }),
  },
});

/** x, or 0 where it is nearer to 0 than 2^-120. Not differentiable. */
export const withoutTiny = (x: Node): Node => record(WITHOUT_TINY, [x]);

const FULL: Op = defineOp({
  name: "full",
  infer: (_inputs, attributes) => ({
    shape: attributes.shape as readonly number[],
    dtype: attributes.dtype as DType,
  }),
  lowering: {
    kind: "elementwise",
    expression: (_inputs, node) => constant(node.attributes.value as number, node.dtype),
  },
});

/** A tensor of one repeated value, which is part of the graph's structure. */
export function full(shape: readonly number[], value: number, dtype: DType): Node {
  return record(FULL, [], { shape, value, dtype });
}

/** `x` stretched to `shape`; itself where nothing changes. */
export function broadcastTo(x: Node, shape: readonly number[]): Node {
  if (sameShape(x.shape, shape)) return x;
  const common = broadcastShapes(x.shape, shape, "expand");
  if (!sameShape(common, shape)) {
    throw new RangeError(`expand: ${formatShape(x.shape)} cannot become ${formatShape(shape)}`);
  }
  return expand(x, shape);
}

const CHECK_INDEX: Op = defineOp({
  name: "check_index",
  checks: true,
  infer: ([x]) => ({ shape: x!.shape, dtype: "int32" }),
  lowering: {
    kind: "elementwise",
    expression: ([x], node, fault) => ({
      kind: "check",
      dtype: "int32",
      x: x!,
      bound: node.attributes.bound as number,
      fault: fault(node.attributes.message as string),
    }),
  },
});

/** `index` itself; the run fails with `message` (`{value}` stands for the bad value) where not 0 <= index < bound. */
export function checkIndex(index: Node, bound: number, message: string): Node {
  if (index.dtype !== "int32")
    throw new TypeError(`indices must be int32, got ${index.dtype}; convert with .int()`);
  return record(CHECK_INDEX, [index], { bound, message });
}

const IDENTITY: Op = defineOp({
  name: "identity",
  infer: ([x]) => ({ shape: x!.shape, dtype: x!.dtype }),
  derivative: ({ gradient }) => [gradient],
  lowering: { kind: "elementwise", expression: ([x]) => x! },
});

/** The same value as a node of its own. */
export const identity = (x: Node): Node => record(IDENTITY, [x]);

/** The same value without a way back to what it was computed from. */
export function detached(x: Node): Node {
  return x.requiresGrad ? withGradModeNow(false, () => identity(x)) : x;
}
