// What one needs to repeat a run: the cells that set it up and trained it, versions, and a hash by which to know the data again.

import { noGrad } from "../../tensor/scope.js";
import { Tensor } from "../../tensor/tensor.js";
import type { Provenance } from "../control.js";
import { host } from "../host.js";
import { VERSION } from "../version.js";

/** The record of a run travels with every message about it: longer cells are cut, and the first and the latest kept. */
const CELL_CHARACTERS = 8_000;
const CELLS = 8;
/** Samples of a data set whose values are hashed. */
const SAMPLES = 64;

const NODE = globalThis.process?.versions?.node ?? "";

/** Gathers it while a run goes on. */
export class ProvenanceLog {
  private current: Provenance = { cells: [], versions: { gradbook: VERSION, node: NODE } };
  private noted = false;

  get value(): Provenance {
    return this.current;
  }

  /** The cell that runs now belongs to the run. Gives whether that is news. */
  noteCell(): boolean {
    if (this.noted) return false;
    this.noted = true;
    const cell = host()?.cell?.();
    const { cells } = this.current;
    if (cell === undefined || cells.some(({ execution }) => execution === cell.execution)) return false;
    const added = { ...cell, code: cell.code.slice(0, CELL_CHARACTERS) };
    const kept = cells.length < CELLS ? cells : [cells[0]!, ...cells.slice(2)];
    this.current = { ...this.current, cells: [...kept, added] };
    return true;
  }

  /** The next step is another cell's. */
  cellEnded(): void {
    this.noted = false;
  }

  /** Notes what data the run was trained on; once. Gives whether that is news. */
  noteData(dataset: unknown): boolean {
    if (this.current.datasetHash !== undefined) return false;
    const datasetHash = hashOf(dataset);
    if (datasetHash === undefined) return false;
    this.current = { ...this.current, datasetHash };
    return true;
  }
}

/** 16 hexadecimal digits of the number of samples and of the values of the first ones; undefined where a data set does not have them
 *  as tensors. */
function hashOf(dataset: unknown): string | undefined {
  const set = (dataset ?? {}) as { length?: number; tensors?: readonly unknown[]; dataset?: unknown };
  const own = set.dataset === undefined ? undefined : hashOf(set.dataset);
  if (own !== undefined) return digest([bytesOf(`${own} ${set.length}`)]);
  const { tensors } = set;
  if (!Array.isArray(tensors) || !tensors.every((tensor) => tensor instanceof Tensor)) return undefined;
  return digest(
    tensors.flatMap((tensor: Tensor) => {
      const count = Math.min(SAMPLES, tensor.shape[0] ?? 0);
      const { buffer, byteOffset, byteLength } = noGrad(() => tensor.narrow(0, 0, count)).toTypedArray();
      return [bytesOf(tensor.shape.join()), new Uint8Array(buffer, byteOffset, byteLength)];
    }),
  );
}

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

/** FNV-1a twice, with two starting values. */
function digest(parts: readonly Uint8Array[]): string {
  const half = (start: number): string => {
    let hash = start;
    for (const part of parts) for (const byte of part) hash = Math.imul(hash ^ byte, 0x01000193);
    return (hash >>> 0).toString(16).padStart(8, "0");
  };
  return half(0x811c9dc5) + half(0x9747b28c);
}
