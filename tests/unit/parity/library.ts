// The library as the parity tests use it: golden tensors become tensors, and each of its devices can be tried.

import * as gb from "gradbook";
import { closeSession } from "gradbook/tensor/session";
import { decode, type GoldenTensor } from "./golden.js";

export type Device = "reference" | "wasm" | "webgpu";
/** Those of the CPU; in the group of the GPU only that (vitest.config.ts). */
export const DEVICES: readonly Device[] =
  process.env.GRADBOOK_DEVICE === "webgpu" ? ["webgpu"] : ["reference", "wasm"];
/** The quick one of them, for what would take the interpreter long. */
export const DEVICE: Device = DEVICES.at(-1)!;

/** A size for the CPU, and a smaller one for a GPU in software, which compiles and computes a hundred times as slowly: steps, layers,
 *  examples of a test that is the same for both. */
export const sized = (cpu: number, gpu: number): number => (DEVICE === "webgpu" ? gpu : cpu);

/** Computes on `device` from here on. Tensors made before can no longer be read. */
export function useDevice(device: Device): void {
  closeSession();
  process.env.GRADBOOK_DEVICE = device;
}

function nest(data: readonly number[], shape: readonly number[]): gb.NestedArray {
  if (shape.length === 0) return data[0]!;
  const [rows, ...rest] = shape as [number, ...number[]];
  const step = data.length / rows;
  return Array.from({ length: rows }, (_, i) => nest(data.slice(i * step, (i + 1) * step), rest));
}

/** The stored tensor; float32 ones collect gradients where asked for. */
export function fromGolden(golden: GoldenTensor, requiresGrad = false): gb.Tensor {
  return fromValues(decode(golden.data), golden, requiresGrad);
}

/** A tensor like `golden` with other values. */
export function fromValues(values: readonly number[], golden: GoldenTensor, requiresGrad = false): gb.Tensor {
  const { dtype, shape } = golden;
  const options = { dtype, requiresGrad: requiresGrad && dtype === "float32" };
  return values.length === 0 ? gb.tensor.zeros(shape, options) : gb.tensor(nest(values, shape), options);
}

const VIEWS: { readonly [name: string]: (x: gb.Tensor, args: readonly number[]) => gb.Tensor } = {
  transpose: (x, [a, b]) => x.transpose(a!, b!),
  permute: (x, dims) => x.permute(dims),
  expand: (x, shape) => x.expand(shape),
  narrow: (x, [dim, start, length]) => x.narrow(dim!, start!, length!),
  select: (x, [dim, index]) => x.select(dim!, index!),
};

/** The operand: the base through the views it was stored with. */
export function operand(base: gb.Tensor, golden: GoldenTensor): gb.Tensor {
  return (golden.view ?? []).reduce((x, [name, ...args]) => VIEWS[name]!(x, args), base);
}
