// Kernels of one part each that are launched together, as the updates of equal layers' weights are: the team claims the chunks of all
// of them side by side, and waits once.

import type { Kernel, PlanBuffer } from "../ir.js";
import { Launch } from "../launch.js";
import type { ModuleBuilder } from "./module.js";
import { addTask, type Part, type Task, together } from "./parts.js";

export class JoinedParts {
  readonly #launch = new Launch();
  readonly #parts: Part[] = [];
  /** Operations and bytes of all; see `workOf`. */
  work = 0;

  /** Takes in the part of another kernel, unless that has to wait for these. `buffers`: those of the plan. */
  takes(part: Part, kernel: Kernel, work: number, buffers: readonly PlanBuffer[]): boolean {
    if (this.#parts.length > 0 && (part.alone || this.#parts[0]!.alone)) return false;
    if (!this.#launch.joins(kernel, buffers)) return false;
    this.#parts.push(part);
    this.work += work;
    return true;
  }

  /** One part for all; undefined: there are none. Small ones are done several at once, in chunks of `grain` nanoseconds. */
  part(module: ModuleBuilder, grain: number): Part | undefined {
    if (this.#parts.length <= 1) return this.#parts[0];
    const tasks: Task[] = [];
    for (const { code, chunks, time } of this.#parts)
      addTask(tasks, { functions: [module.add(code)], chunks, time }, grain);
    return { ...together(tasks), how: "" };
  }
}
