// Runs one plan on two devices and compares everything that was bound; on a difference, looks for the smallest plan that
// still shows it.

import type { Device, Fault } from "gradbook/compute/device";
import type { GeneratedKernel, Plan, PlanBuffer } from "gradbook/compute/ir";
import { WasmDevice } from "gradbook/compute/wasm/device";
import { WebGpuDevice } from "gradbook/compute/webgpu/device";
import { BYTES, bytesOf, type DType, typedArray } from "gradbook/graph/dtype";
import { afterAll } from "vitest";
import { DEVICE } from "../parity/library.js";

/** The device whose code is tested: wasm, in the GPU's group webgpu. It is closed when the file's tests are done. */
export function testedDevice(): Device {
  const device = DEVICE === "webgpu" ? new WebGpuDevice() : new WasmDevice();
  afterAll(() => device.close());
  return device;
}

/** A plan whose buffers are all bound, and what is in them at the start. */
export interface Case {
  readonly kernels: readonly GeneratedKernel[];
  readonly buffers: readonly Float64Array[];
  readonly types: readonly DType[];
  readonly args: readonly number[];
  readonly faults?: number;
}

const encode = (values: Float64Array, dtype: DType): Uint8Array => bytesOf(values, dtype);

export const decode = (bytes: Uint8Array, dtype: DType): number[] => [...typedArray(dtype, bytes)];

export function planOf(test: Case): Plan {
  const buffers = test.buffers.map(
    (values, binding): PlanBuffer => ({
      kind: "binding",
      binding,
      bytes: values.length * BYTES[test.types[binding]!],
    }),
  );
  return {
    buffers,
    kernels: test.kernels,
    arenaBytes: 0,
    commit: test.kernels.length,
    bindings: buffers.length,
    args: test.args.length,
    faults: Array.from({ length: test.faults ?? 0 }, (_, i) => `fault ${i}`),
  };
}

export interface Outcome {
  readonly buffers: number[][];
  readonly fault: Fault | "cancelled" | undefined;
}

export function runOn(device: Device, test: Case): Outcome {
  const plan = planOf(test);
  const executable = device.compile(plan);
  const bound = test.buffers.map((values, i) => {
    const data = encode(values, test.types[i]!);
    const buffer = device.allocate(data.length);
    device.write(buffer, 0, data);
    return buffer;
  });
  const fault = device.run(executable, bound, new Float64Array(test.args), () => false);
  const buffers = bound.map((buffer, i) => decode(device.read(buffer, 0, buffer.bytes), test.types[i]!));
  for (const buffer of bound) device.free(buffer);
  executable.release();
  return { buffers, fault };
}

/** How far a result may be from the expected one; `scale` is the largest magnitude in the expected buffer. */
export type Tolerance = (expected: number, scale: number) => number;

/** The first difference in words, or undefined. */
export function difference(expected: Outcome, actual: Outcome, tolerance: Tolerance): string | undefined {
  const reported = (fault: Outcome["fault"]): string =>
    typeof fault === "object" ? `fault ${fault.fault}` : String(fault);
  if (reported(expected.fault) !== reported(actual.fault)) {
    return `expected ${reported(expected.fault)}, got ${reported(actual.fault)}`;
  }
  for (const [b, values] of expected.buffers.entries()) {
    const scale = values.reduce((most, x) => (Number.isFinite(x) ? Math.max(most, Math.abs(x)) : most), 0);
    for (const [i, x] of values.entries()) {
      const y = actual.buffers[b]![i]!;
      if (Object.is(x, y) || x === y || (Number.isNaN(x) && Number.isNaN(y))) continue;
      if (Math.abs(x - y) <= tolerance(x, scale)) continue;
      return `buffer ${b}, element ${i}: expected ${x}, got ${y}`;
    }
  }
  return undefined;
}

/** Makes a failing case smaller step by step, as long as `fails` says it still fails. */
export function shrink<T>(failing: T, smaller: (test: T) => Iterable<T>, fails: (test: T) => boolean): T {
  let current = failing;
  for (let progress = true; progress; ) {
    progress = false;
    for (const candidate of smaller(current)) {
      if (!fails(candidate)) continue;
      current = candidate;
      progress = true;
      break;
    }
  }
  return current;
}
