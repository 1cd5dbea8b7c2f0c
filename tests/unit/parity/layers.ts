// PyTorch's golden values of activations, initialisation and normalisation layers (tests/golden/layers.json) as data.

import { type JsonNumber, load, type ModuleCase, type OperationCase } from "./golden.js";

export interface InitCase {
  readonly id: string;
  readonly function: string;
  readonly shape: readonly number[];
  /** What follows the tensor. */
  readonly arguments: readonly number[];
  readonly options: { readonly [name: string]: unknown };
  readonly seed: number;
  readonly values: readonly JsonNumber[];
  /** The next uniform number: as many were drawn. */
  readonly following: readonly [number];
}

export interface LayersFile {
  readonly torch: string;
  readonly ops: readonly OperationCase[];
  readonly modules: readonly ModuleCase[];
  readonly inits: readonly InitCase[];
  readonly gains: readonly { readonly arguments: readonly [string, number?]; readonly gain: number }[];
}

export const loadLayers = (): LayersFile => load<LayersFile>("layers");
