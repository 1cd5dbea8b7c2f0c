// Pooling to a given number of positions, whatever the extent of the input: window i of n covers floor(i L / n) to
// ceil((i + 1) L / n) of an extent L.

import { type Node, scalarNode } from "../../graph/node.js";
import * as ops from "../../graph/ops/index.js";
import { formatShape } from "../../graph/shape.js";
import { inOrder } from "../../tensor/in-order.js";
import type { Tensor } from "../../tensor/tensor.js";
import { hostNode } from "../../tensor/types.js";
import { spaceNames, withBatch } from "../spatial.js";
import { indicesOf, largest, type Pooled } from "./max.js";
import { elementAxes, windowsOf } from "./windows.js";

/** A number of positions for all spatial dims or one for each; null keeps the input's extent. */
export type OutputSize = number | null | readonly (number | null)[];

/** Positions along each spatial dim of `space`. */
function sizesOf(what: string, size: OutputSize, space: readonly number[]): number[] {
  const list = Array.isArray(size) ? (size as readonly (number | null)[]) : space.map(() => size as number);
  const fits =
    list.length === space.length && list.every((n) => n === null || (Number.isInteger(n) && n >= 1));
  if (!fits) {
    const got = Array.isArray(size) ? formatShape(size as number[]) : String(size);
    throw new RangeError(
      `${what}: outputSize must be a positive whole number or null, or one for each of ${spaceNames(space.length)}, got ${got}`,
    );
  }
  if (space.some((n) => n === 0)) throw new RangeError(`${what}: the input has no elements to pool`);
  return list.map((n, i) => n ?? space[i]!);
}

/** Where each window begins and ends (exclusive). */
function bounds(extent: number, count: number): { start: number; end: number }[] {
  return Array.from({ length: count }, (_, i) => ({
    start: Math.floor((i * extent) / count),
    end: Math.ceil(((i + 1) * extent) / count),
  }));
}

/** All windows as [N, C, ...positions, ...largest sizes]. Shorter windows repeat their last element, which changes no maximum. */
function ragged(x: Node, positions: readonly number[]): { windows: Node; starts: number[][] } {
  const starts: number[][] = [];
  let y = x;
  const split: number[] = [...x.shape.slice(0, 2)];
  positions.forEach((count, d) => {
    const parts = bounds(x.shape[2 + d]!, count);
    const size = Math.max(...parts.map(({ start, end }) => end - start));
    const places = parts.flatMap(({ start, end }) =>
      Array.from({ length: size }, (_, i) => Math.min(start + i, end - 1)),
    );
    y = ops.indexSelect(y, 2 + d, hostNode(places, [places.length], "int32"));
    split.push(count, size);
    starts.push(parts.map(({ start }) => start));
  });
  const order = positions.map((_, d) => 2 + 2 * d);
  const windows = ops.permute(ops.reshape(y, split), [0, 1, ...order, ...order.map((axis) => axis + 1)]);
  return { windows, starts };
}

/** Equal windows side by side, where the positions divide the extents. */
function even(x: Node, positions: readonly number[]): { windows: Node; starts: number[][] } {
  const kernel = positions.map((count, d) => x.shape[2 + d]! / count);
  const nothing = kernel.map(() => 0);
  const how = {
    kernel,
    stride: kernel,
    padding: nothing,
    dilation: kernel.map(() => 1),
    ceilMode: false,
  };
  const starts = positions.map((count, d) => Array.from({ length: count }, (_, i) => i * kernel[d]!));
  return { windows: windowsOf(x, positions, how, 0), starts };
}

const divides = (x: Node, positions: readonly number[]): boolean =>
  positions.every((count, d) => x.shape[2 + d]! % count === 0);

/** The mean over uneven windows, one dim after the other: a product with a matrix that holds 1 / size in each window. */
function unevenMeans(x: Node, positions: readonly number[]): Node {
  return positions.reduce((y, count, d) => {
    const axis = 2 + d;
    const extent = x.shape[axis]!;
    const weights = new Float32Array(extent * count);
    bounds(extent, count).forEach(({ start, end }, i) => {
      for (let at = start; at < end; at++) weights[at * count + i] = 1 / (end - start);
    });
    const last = y.shape.map((_, i) => i).filter((i) => i !== axis);
    const rows = ops.permute(y, [...last, axis]);
    const means = ops.matmul(rows, hostNode(weights, [extent, count], "float32"));
    return ops.permute(
      means,
      y.shape.map((_, i) => (i < axis ? i : i === axis ? last.length : i - 1)),
    );
  }, x);
}

type AdaptiveAvgPool = (input: Tensor, outputSize: OutputSize) => Tensor;

function adaptiveAvgPool(dims: number): AdaptiveAvgPool {
  const what = `adaptiveAvgPool${dims}d`;
  return (input, outputSize) =>
    withBatch(what, input, dims, (x) => {
      const positions = sizesOf(what, outputSize, x.shape.slice(2));
      if (!divides(x, positions)) return unevenMeans(x, positions);
      const { windows } = even(x, positions);
      const count = windows.shape.slice(2 + dims).reduce((product, n) => product * n, 1);
      return ops.div(ops.reduce("sum", windows, elementAxes(dims)), scalarNode(count, "float32"));
    });
}

/** Means of sequences over `outputSize` positions: [N, C, L] or [C, L] -> [N, C, outputSize].
 *
 *  @example F.adaptiveAvgPool1d(tensor([[[1, 3, 2, 0]]]), 1) // [[[1.5]]] */
export const adaptiveAvgPool1d: AdaptiveAvgPool = adaptiveAvgPool(1);
/** Means of images over `outputSize` positions: [N, C, H, W] or [C, H, W] -> [N, C, ...outputSize].
 *
 *  @example F.adaptiveAvgPool2d(tensor.ones(1, 8, 5, 7), [2, null]).shape // [1, 8, 2, 7] */
export const adaptiveAvgPool2d: AdaptiveAvgPool = adaptiveAvgPool(2);
/** Means of volumes over `outputSize` positions: [N, C, D, H, W] or [C, D, H, W].
 *
 *  @example F.adaptiveAvgPool3d(tensor.ones(1, 1, 4, 4, 4), 1).item() // 1 */
export const adaptiveAvgPool3d: AdaptiveAvgPool = adaptiveAvgPool(3);

type AdaptiveMaxPool = (input: Tensor, outputSize: OutputSize) => Tensor;
type AdaptiveMaxPoolWithIndices = (input: Tensor, outputSize: OutputSize) => Pooled;

function adaptiveWindows(
  what: string,
  x: Node,
  outputSize: OutputSize,
): { windows: Node; starts: number[][] } {
  const positions = sizesOf(what, outputSize, x.shape.slice(2));
  return divides(x, positions) ? even(x, positions) : ragged(x, positions);
}

function adaptiveMaxPool(dims: number): AdaptiveMaxPool {
  const what = `adaptiveMaxPool${dims}d`;
  return (input, outputSize) =>
    withBatch(what, input, dims, (x) => largest(adaptiveWindows(what, x, outputSize).windows, dims));
}

function adaptiveMaxPoolWithIndices(dims: number): AdaptiveMaxPoolWithIndices {
  const what = `adaptiveMaxPool${dims}dWithIndices`;
  const values = adaptiveMaxPool(dims);
  return (input, outputSize) => {
    const indices = withBatch(what, input.detach(), dims, (x) => {
      const space = x.shape.slice(2);
      const { windows, starts } = adaptiveWindows(what, x, outputSize);
      return indicesOf(
        windows,
        space,
        starts,
        space.map(() => 1),
      );
    });
    return inOrder({ values: values(input, outputSize), indices });
  };
}

/** Largest elements of sequences over `outputSize` positions: [N, C, L] or [C, L] -> [N, C, outputSize].
 *
 *  @example F.adaptiveMaxPool1d(tensor([[[1, 3, 2, 0]]]), 2) // [[[3, 2]]] */
export const adaptiveMaxPool1d: AdaptiveMaxPool = adaptiveMaxPool(1);
/** Largest elements of images over `outputSize` positions: [N, C, H, W] or [C, H, W] -> [N, C, ...outputSize].
 *
 *  @example F.adaptiveMaxPool2d(tensor([[[[1, 2], [4, 3]]]]), 1) // [[[[4]]]] */
export const adaptiveMaxPool2d: AdaptiveMaxPool = adaptiveMaxPool(2);
/** Largest elements of volumes over `outputSize` positions: [N, C, D, H, W] or [C, D, H, W].
 *
 *  @example F.adaptiveMaxPool3d(tensor.ones(1, 1, 4, 4, 4), 1).item() // 1 */
export const adaptiveMaxPool3d: AdaptiveMaxPool = adaptiveMaxPool(3);

/** `adaptiveMaxPool1d` with the positions of what it found.
 *
 *  @example F.adaptiveMaxPool1dWithIndices(tensor([[[1, 3, 2, 0]]]), 2).indices // [[[1, 2]]] */
export const adaptiveMaxPool1dWithIndices: AdaptiveMaxPoolWithIndices = adaptiveMaxPoolWithIndices(1);
/** `adaptiveMaxPool2d` with the positions of what it found, row * W + column.
 *
 *  @example F.adaptiveMaxPool2dWithIndices(tensor([[[[1, 2], [4, 3]]]]), 1).indices // [[[[2]]]] */
export const adaptiveMaxPool2dWithIndices: AdaptiveMaxPoolWithIndices = adaptiveMaxPoolWithIndices(2);
/** `adaptiveMaxPool3d` with the positions of what it found in the flattened volume.
 *
 *  @example F.adaptiveMaxPool3dWithIndices(tensor.ones(1, 1, 4, 4, 4), 1).indices.item() // 0 */
export const adaptiveMaxPool3dWithIndices: AdaptiveMaxPoolWithIndices = adaptiveMaxPoolWithIndices(3);
