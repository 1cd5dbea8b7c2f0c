// A plan as what a GPU is given: shaders, the steps of a run, and the block of parameters that each step reads. Plain data, so
// that it can be sent to the thread that owns the GPU.

import { BYTES } from "../../graph/dtype.js";
import { elements } from "../../graph/shape.js";
import type { DeviceBuffer, Traffic } from "../device.js";
import type { Kernel, Plan, PlanBuffer, RoutineKernel, RoutineOperand } from "../ir.js";
import { Launch } from "../launch.js";
import { aligned, type Block, Blocks } from "./blocks.js";
import { shaderFor } from "./kernels.js";
import { lowered } from "./lower.js";
import { blockBytes, type Slot } from "./shader.js";
import type { Target } from "./target.js";

export type Step =
  | {
      readonly kind: "dispatch";
      readonly shader: number;
      /** Workgroups along x and y, and how many equal kernels are computed side by side, whose blocks follow each other. */
      readonly groups: readonly [number, number, number];
      /** Byte offset of the page that its parameters lie in. */
      readonly page: number;
    }
  /** A routine on the host; its parameters, from this byte offset on, are the places of its inputs and outputs. */
  | { readonly kind: "routine"; readonly routine: RoutineKernel; readonly block: number };

export interface ProgramShader {
  /** WGSL. */
  readonly code: string;
  /** What it computes, for people. */
  readonly name: string;
}

export interface Program {
  /** Each text once. */
  readonly shaders: readonly ProgramShader[];
  readonly steps: readonly Step[];
  /** Bytes of all parameters, and of the part that a dispatch sees from the begin of its page on. */
  readonly parameterBytes: number;
  readonly pageBytes: number;
  /** Whether a run can fail a check. */
  readonly checks: boolean;
}

/** What a kernel computes, for people. */
export const nameOf = (kernel: Kernel): string =>
  kernel.kind === "group" ? kernel.members.map(nameOf).join("; ") : (kernel.name ?? kernel.kind);

/** Words that a failed check fills in: its number from 1 on, the bad value, how many failed; and one to spare. */
export const FAULT_BYTES = 16;

/** Bytes that are fetched from the GPU at once, at most. */
export const FETCH_BYTES: number = 2 ** 20;

/** What runs of a program ask of the GPU. */
export function trafficOf({ steps, parameterBytes, checks }: Program): Traffic {
  let submits = 0;
  let passes = 0;
  let bytes = parameterBytes + (checks ? FAULT_BYTES : 0);
  const routines = steps.flatMap((step) => (step.kind === "routine" ? [step.routine] : []));
  for (const { inputs, outputs } of routines) {
    for (const input of inputs) submits += Math.ceil(operandBytes(input) / FETCH_BYTES);
    for (const operand of [...inputs, ...outputs]) bytes += operandBytes(operand);
  }
  steps.forEach((step, i) => {
    if (step.kind === "dispatch" && steps[i - 1]?.kind !== "dispatch") passes++;
  });
  // failed checks are copied in the last submission, but for a run that ends on the host
  submits += passes + (checks && steps.at(-1)?.kind !== "dispatch" ? 1 : 0);
  return { submits, passes, dispatches: steps.length - routines.length, bytes };
}

export const operandBytes = ({ dtype, shape }: RoutineOperand): number => elements(shape) * BYTES[dtype];

/** What a kernel became that is a layer of the dispatch before. */
const BESIDE = "beside the one before";

/** What a kernel became, from what its parts did. */
function described(parts: readonly string[]): string {
  const dispatches: { how: string; equal: number }[] = [];
  for (const how of parts) {
    const last = dispatches.at(-1);
    if (how === BESIDE && last !== undefined) last.equal++;
    else dispatches.push({ how, equal: 1 });
  }
  const texts = dispatches.map(({ how, equal }) =>
    equal === 1 ? how : `${how}; ${equal} beside each other`,
  );
  return texts.join(", then ");
}

const SCRATCH_ALIGNMENT = 64;

interface Parameter {
  /** In words. */
  readonly at: number;
  readonly slot: Slot;
}

export class ProgramBuilder {
  readonly program: Program;
  /** Of the plan and of what its kernels were cut into. */
  readonly arenaBytes: number;
  /** What each kernel of the plan became, in words. */
  readonly how: readonly string[];
  readonly #buffers: PlanBuffer[];
  readonly #parameters: Parameter[] = [];
  readonly #words: Uint32Array<ArrayBuffer>;
  readonly #floats: Float32Array<ArrayBuffer>;

  constructor(plan: Plan, target: Target) {
    this.#buffers = [...plan.buffers];
    const numbers = new Map<string, number>();
    const shaders: ProgramShader[] = [];
    const steps: Step[] = [];
    const blocks = new Blocks();
    /** The last dispatch, where that is the last step. */
    let launch = new Launch();
    let scratchEnd = plan.arenaBytes;
    const take = (slots: readonly Slot[]): Block => {
      const block = blocks.take(blockBytes(slots.length));
      slots.forEach((slot, i) => {
        this.#parameters.push({ at: block.at / 4 + i, slot });
      });
      return block;
    };
    const add = (kernel: Kernel, guarded: boolean): string => {
      if (kernel.kind === "routine") {
        const operands = [...kernel.inputs, ...kernel.outputs];
        const places = operands.map(({ buffer }): Slot => ({ kind: "base", buffer }));
        steps.push({ kind: "routine", routine: kernel, block: take(places).at });
        return "on the CPU, copied there and back";
      }
      const shader = shaderFor(kernel, guarded, target);
      if (shader === undefined) return "nothing to do";
      const { code, slots, groups, how } = shader;
      let number = numbers.get(code);
      if (number === undefined) {
        number = shaders.push({ code, name: nameOf(kernel) }) - 1;
        numbers.set(code, number);
      }
      const { page, before } = take(slots);
      const last = steps.at(-1);
      const equal = last?.kind === "dispatch" && last.shader === number && last.page === page;
      if (equal && launch.joins(kernel, this.#buffers)) {
        const [columns, rows, count] = last.groups;
        steps[steps.length - 1] = { ...last, groups: [columns, rows, count + 1] };
        return BESIDE;
      }
      launch = new Launch();
      launch.joins(kernel, this.#buffers);
      const [columns, rows] = groups;
      steps.push({ kind: "dispatch", shader: number, groups: [columns + before, rows, 1], page });
      return how;
    };
    const checks = plan.faults.length > 0;
    this.how = plan.kernels.map((kernel, i) => {
      // what one kernel needs in between, the next one may write over
      let end = aligned(plan.arenaBytes, SCRATCH_ALIGNMENT);
      const parts = lowered(
        kernel,
        (size) => {
          const buffer = this.#buffers.push({ kind: "arena", offset: end, bytes: size }) - 1;
          end += aligned(size, SCRATCH_ALIGNMENT);
          return buffer;
        },
        target,
      );
      scratchEnd = Math.max(scratchEnd, parts.length > 1 ? end : 0);
      return described(parts.map((part) => add(part, checks && i >= plan.commit)));
    });
    this.arenaBytes = scratchEnd;
    const { bytes: parameterBytes, pageBytes } = blocks;
    this.program = { shaders, steps, parameterBytes, pageBytes, checks };
    this.#words = new Uint32Array(parameterBytes / 4);
    this.#floats = new Float32Array(this.#words.buffer);
  }

  /** The parameters of a run; good until the next call. `addressOf` gives bytes from the begin of the heap. */
  parameters(
    bindings: readonly DeviceBuffer[],
    args: Float64Array,
    addressOf: (buffer: DeviceBuffer) => number,
    arena: number,
  ): Uint32Array<ArrayBuffer> {
    for (const { at, slot } of this.#parameters) {
      if (slot.kind === "argument") {
        if (slot.as === "float32") this.#floats[at] = args[slot.index]!;
        else this.#words[at] = args[slot.index]!;
      } else if (slot.kind === "base") {
        const buffer = this.#buffers[slot.buffer]!;
        const start = buffer.kind === "arena" ? arena : addressOf(bindings[buffer.binding]!);
        this.#words[at] = (start + (buffer.offset ?? 0)) / 4;
      }
    }
    return this.#words;
  }
}
