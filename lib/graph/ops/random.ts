// Random bits as a function of counters: the same on every device and for every number of threads, and the same again when
// they are needed a second time. Threefry-2x32 with 13 rounds: Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3".

import type { DType } from "../dtype.js";
import type { BinaryOp, Expr } from "../expr.js";
import { binaryExpr, constant, defineOp, type Node, type Op, record } from "../node.js";
import { broadcastShapes, type Shape } from "../shape.js";

const ROUNDS = 13;
/** By how many bits each of eight rounds rotates. */
const ROTATIONS = [13, 15, 26, 6, 17, 29, 16, 24] as const;
/** The third word of the key is this xor the other two. */
const PARITY = 0x1bd11bda;

const int = (value: number): Expr => constant(value, "int32");
const combine = (op: BinaryOp, a: Expr, b: Expr): Expr => binaryExpr(op, a, b, "int32");
const add = (a: Expr, b: Expr): Expr => combine("add", a, b);
const xor = (a: Expr, b: Expr): Expr => combine("xor", a, b);
const rotated = (x: Expr, bits: number): Expr =>
  xor(combine("shl", x, int(bits)), combine("ushr", x, int(32 - bits)));

/** The first word of the block that the counter (c0, c1) is turned into under the key (k0, k1). */
function threefry(c0: Expr, c1: Expr, k0: Expr, k1: Expr): Expr {
  const key = [k0, k1, xor(xor(k0, k1), int(PARITY))];
  let [x0, x1] = [add(c0, k0), add(c1, k1)];
  for (let round = 0; round < ROUNDS; round++) {
    x0 = add(x0, x1);
    x1 = xor(rotated(x1, ROTATIONS[round % 8]!), x0);
    const injection = (round + 1) / 4;
    if (!Number.isInteger(injection)) continue;
    x0 = add(x0, key[injection % 3]!);
    x1 = add(x1, add(key[(injection + 1) % 3]!, int(injection)));
  }
  return x0;
}

function randomOp(name: string, dtype: DType, expression: (bits: Expr) => Expr): Op {
  return defineOp({
    name,
    infer: (inputs) => ({
      shape: inputs.reduce<Shape>((shape, input) => broadcastShapes(shape, input.shape, name), []),
      dtype,
    }),
    lowering: {
      kind: "elementwise",
      expression: ([c0, c1, k0, k1]) => expression(threefry(c0!, c1!, k0!, k1!)),
    },
  });
}

/** Two counters, of which no pair comes twice under one key, and the two halves of the key; int32, and broadcast. */
export type RandomInputs = readonly [c0: Node, c1: Node, k0: Node, k1: Node];

const RANDOM_BITS: Op = randomOp("random_bits", "int32", (bits) => bits);

/** 32 random bits for each pair of counters. */
export const randomBits = (inputs: RandomInputs): Node => record(RANDOM_BITS, inputs);

const RANDOM_UNIFORM: Op = randomOp("random_uniform", "float32", (bits) => {
  const x: Expr = { kind: "cast", dtype: "float32", x: combine("ushr", bits, int(8)) };
  return binaryExpr("mul", x, constant(2 ** -24, "float32"), "float32");
});

/** A random number from [0, 1) for each pair of counters, of 24 random bits. */
export const randomUniform = (inputs: RandomInputs): Node => record(RANDOM_UNIFORM, inputs);
