// What generated code may use on an adapter, and which tile a product gets there.

import type { MatmulKernel } from "../ir.js";
import type { Tile } from "./tiles.js";
import type { MatrixUnit } from "./unit-product.js";

export interface Target {
  /** Whether shaders may have values of type f16. */
  readonly half: boolean;
  /** The adapter's matrix units, where they are used. */
  readonly unit?: MatrixUnit;
  tileFor(kernel: MatmulKernel): Tile;
}
