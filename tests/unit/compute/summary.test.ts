// The routine "summary", for which the CPU device has code of its own, against the interpreter's, with numbers of all kinds; on
// several threads the same bits as on one.

import type { Device } from "gradbook/compute/device";
import type { Plan } from "gradbook/compute/ir";
import { ReferenceDevice } from "gradbook/compute/reference/device";
import { WasmDevice } from "gradbook/compute/wasm/device";
import { dataNode, type Node } from "gradbook/graph/node";
import * as ops from "gradbook/graph/ops/summary";
import { elements } from "gradbook/graph/shape";
import { afterAll, describe, expect, it } from "vitest";
import { Random } from "./random.js";

const devices = [1, 2, 3].map((threads) => new WasmDevice({ threads, grain: 5 }));
const reference = new ReferenceDevice();
afterAll(() => {
  for (const device of devices) device.close();
});

const between = (random: Random, low: number, high: number): number => low + (high - low) * random.next();

/** Where a tensor's numbers come from. */
const KINDS: { readonly [name: string]: (random: Random) => number } = {
  "around zero": (random) => between(random, -1, 1),
  "far from zero": (random) => 1000 + between(random, -1e-2, 1e-2),
  "many sizes, zeros of both signs": (random) =>
    random.pick([0, -0, 1, -1]) * 2 ** random.int(-40, 20) * between(random, 1, 2),
  "all the same": () => -0.1,
  "too large to be squared in single precision": (random) =>
    random.pick([1, -1]) * 1e30 * between(random, 1, 2),
  "some of them not finite": (random) =>
    random.pick([1, 2, 3, 4, 5, 6, 7, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]),
};

/** Tensors, of which some fall into several pieces and others are smaller than a vector. */
const SUMMARIES: { readonly [name: string]: (make: (...shape: number[]) => Node) => ops.SummaryPart[] } = {
  "moments and histograms of one tensor and of several": (make) => [
    { kind: "values", inputs: [make(50_003)], exponent: -10 },
    { kind: "values", inputs: [make(3), make(70, 301), make(1)], exponent: -14 },
    { kind: "moments", inputs: [make(5)] },
    { kind: "moments", inputs: [make(8, 8), make(70_000)] },
    { kind: "squares", inputs: [make(9), make(20_001)] },
    { kind: "squares", inputs: [] },
  ],
  "units along either axis": (make) => [
    { kind: "units", inputs: [make(32, 70)], axis: 1 },
    { kind: "units", inputs: [make(3, 5, 2, 7)], axis: 1 },
    { kind: "units", inputs: [make(9, 2, 3)], axis: 2 },
    { kind: "units", inputs: [make(40, 2000)], axis: 1 },
    { kind: "values", inputs: [make(1)], exponent: 0 },
  ],
  "more rows than are added up in single precision": (make) => [
    { kind: "units", inputs: [make(600, 3)], axis: 1 },
  ],
  "shares beyond limits": (make) => [
    { kind: "beyond", inputs: [make(40_001)], low: -0.5, high: 0.5 },
    { kind: "beyond", inputs: [make(3)], low: Number.NEGATIVE_INFINITY, high: 1 },
    { kind: "moments", inputs: [make(2)] },
  ],
};

interface Outcome {
  readonly bits: Uint32Array;
  readonly floats: Float32Array;
  readonly bytes: Uint8Array;
}

function runOn(device: Device, { inputs, attributes, shape }: Node): Outcome {
  const [words] = shape as [number];
  const data = inputs.map((input) => input.data!);
  const sizes = [...data.map(({ length }) => length), 4 * words];
  const operands = inputs.map((input, buffer) => ({ buffer, dtype: input.dtype, shape: input.shape }));
  const output = { buffer: inputs.length, dtype: "int32", shape } as const;
  const plan: Plan = {
    buffers: sizes.map((bytes, binding) => ({ kind: "binding", binding, bytes })),
    kernels: [{ kind: "routine", name: "summary", attributes, inputs: operands, outputs: [output] }],
    arenaBytes: 0,
    commit: 1,
    bindings: sizes.length,
    args: 0,
    faults: [],
  };
  const executable = device.compile(plan);
  const bound = sizes.map((bytes) => device.allocate(bytes));
  data.forEach((bytes, i) => {
    device.write(bound[i]!, 0, bytes);
  });
  // twice: nothing is left over from the run before
  for (let run = 0; run < 2; run++) device.run(executable, bound, new Float64Array(0), () => false);
  const bytes = device.read(bound.at(-1)!, 0, 4 * words);
  executable.release();
  for (const buffer of bound) device.free(buffer);
  const { buffer } = bytes;
  return { bytes, bits: new Uint32Array(buffer), floats: new Float32Array(buffer) };
}

/** What differs in a part, in words. */
function difference(
  part: ops.SummaryPart,
  at: number,
  expected: Outcome,
  actual: Outcome,
): string | undefined {
  const length = ops.wordsOf(part);
  // how many of a part's words are floats; the others are to be the same
  const floats = part.kind === "values" ? ops.VALUES.length : part.kind === "units" ? 1 : length;
  // a mean is as good as its elements are
  const spread = floats === ops.VALUES.length ? expected.floats[at + ops.VALUES.indexOf("std")]! : 0;
  for (let i = 0; i < length; i++) {
    const [x, y] = [expected.floats[at + i]!, actual.floats[at + i]!];
    if (expected.bits[at + i] === actual.bits[at + i]) continue;
    if (i < floats && Math.abs(x - y) <= 1e-5 * (Math.abs(x) + (i === 0 ? spread : 0))) continue;
    return `${part.kind}, word ${i}: expected ${x}, got ${y}`;
  }
  return undefined;
}

describe.each(Object.keys(KINDS))("of numbers %s", (of) => {
  it.each(Object.keys(SUMMARIES))("%s", (name) => {
    const random = new Random(1);
    const make = (...shape: number[]): Node => {
      const numbers = Float32Array.from({ length: elements(shape) }, () => KINDS[of]!(random));
      return dataNode(new Uint8Array(numbers.buffer), shape, "float32");
    };
    const parts = SUMMARIES[name]!(make);
    const node = ops.summary(parts);
    const expected = runOn(reference, node);
    const [one, ...more] = devices.map((device) => runOn(device, node)) as [Outcome, ...Outcome[]];
    for (const other of more) expect(other.bytes).toEqual(one.bytes);
    let at = 0;
    for (const part of parts) {
      expect(difference(part, at, expected, one)).toBeUndefined();
      at += ops.wordsOf(part);
    }
  });
});

it("a rehearsal while there is nothing else to do changes no bit, and leaves nothing behind", () => {
  const [device] = devices as [WasmDevice];
  const random = new Random(2);
  const numbers = Float32Array.from({ length: 70_000 }, () => between(random, -1, 1));
  const x = dataNode(new Uint8Array(numbers.buffer), [700, 100], "float32");
  const node = ops.summary([{ kind: "values", inputs: [x], exponent: -10 }]);
  const before = runOn(device, node);
  const { allocatedBytes } = device;
  device.prepare();
  expect(device.allocatedBytes).toBe(allocatedBytes);
  expect(runOn(device, node).bytes).toEqual(before.bytes);
});
