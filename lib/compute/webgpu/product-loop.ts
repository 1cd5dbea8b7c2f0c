// What the ways to compute a matrix product by tiles have in common: which tile a workgroup has, and the loop along the sums, where
// the next tiles of the operands are loaded while these are multiplied.

import type { MatmulKernel } from "../ir.js";
import type { Access } from "./access.js";
import { block, indicesOf } from "./loop.js";
import type { Tile } from "./tiles.js";

export interface MatmulCode {
  readonly declarations: string;
  readonly statements: readonly string[];
  /** What stores the results, after the statements. */
  readonly results: readonly string[];
  readonly access: Access;
}

/** What an invocation does. */
export interface TileSteps {
  /** Declares its variables. */
  readonly variables: readonly string[];
  /** Loads its share of the tiles that begin at term `from`. */
  fetch(from: string): readonly string[];
  /** Brings what was loaded into workgroup memory. */
  readonly put: readonly string[];
  /** Multiplies its block of what lies there. */
  readonly multiply: readonly string[];
}

/** The statements up to the end of the sums. The tile begins at `row0` and `column0`; `batch`: names for the indices of the batch. */
export function loopOverTiles(
  { batch: extents, m, n, k }: MatmulKernel,
  { rows, columns, depth }: Tile,
  batch: readonly string[],
  { variables, fetch, put, multiply }: TileSteps,
): string[] {
  const [across, down] = [Math.ceil(n / columns), Math.ceil(m / rows)];
  return [
    `let row0 = (group / ${across}u) % ${down}u * ${rows}u;`,
    `let column0 = group % ${across}u * ${columns}u;`,
    ...indicesOf(`(group / ${across * down}u)`, extents, batch),
    ...variables,
    ...fetch("0u"),
    ...block(`for (var k0 = 0u; k0 < ${k}u; k0 += ${depth}u)`, [
      ...put,
      "workgroupBarrier();",
      ...block(`if (k0 + ${depth}u < ${k}u)`, fetch(`(k0 + ${depth}u)`)),
      ...multiply,
      "workgroupBarrier();",
    ]),
  ];
}
