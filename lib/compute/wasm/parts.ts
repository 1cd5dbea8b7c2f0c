// The parts in which kernels of loops are computed: one function for all chunks of a loop nest; two for a reduction that is
// itself cut, which gives partial results first; few for a whole group of independent loops.

import { BYTES } from "../../graph/dtype.js";
import { contiguousStrides, elements } from "../../graph/shape.js";
import { accumulatorsOf, type GroupKernel, type LoopKernel, type Output } from "../ir.js";
import { type Cut, chunksFor, cutLoops, type LoopCut, nanoseconds, reducesInParts } from "./cut.js";
import { FunctionBuilder } from "./encoder.js";
import { OP } from "./instructions.js";
import { type Elsewhere, emitLoop, type Target } from "./loop.js";
import { type Nest, planNest } from "./nest.js";
import { CHUNK, CHUNK_PARAMETERS } from "./team.js";

/** A function that computes one chunk of a kernel, and how many chunks there are. */
export interface Part {
  readonly code: FunctionBuilder;
  readonly chunks: number;
  /** Nanoseconds that all of them take on one core, roughly. */
  readonly time: number;
  /** In words. */
  readonly how: string;
  /** Whether a thread keeps for its next chunk of the part that runs what it has packed: no other kernel may be in that part. */
  readonly alone?: boolean;
}

/** The parts of a loop kernel, one after another; `number`: its place in the plan. */
export function loopParts(kernel: LoopKernel, number: number, target: Target): Part[] {
  if (kernel.outer.includes(0)) return [];
  const nest = planNest(kernel);
  const wanted = chunksFor(nanoseconds(kernel, nest), target.grain);
  if (reducesInParts(kernel, nest, wanted)) return partialSums(kernel, number, target, wanted);
  return [loopPart(kernel, number, target, nest, cutLoops(nest, wanted, "outer"))];
}

/** A loop over what a product left to do, in the product's chunks along dimension `keep`. `local`: the buffer that holds one
 *  chunk of the product and nothing else. */
export function epiloguePart(
  kernel: LoopKernel,
  number: number,
  target: Target,
  keep: number,
  cut: Cut | undefined,
  local: number,
): Part {
  const nest = planNest(kernel, keep);
  const along = cut && nest.kept >= 0 ? { ...cut, loop: nest.kept } : undefined;
  return loopPart(kernel, number, target, nest, along, (access) => (access.buffer === local ? 0 : undefined));
}

/** A reduction whose chunks each give partial results, and one over these. */
function partialSums(kernel: LoopKernel, number: number, target: Target, wanted: number): Part[] {
  const { outer, outputs } = kernel;
  const accumulators = accumulatorsOf(kernel);
  const points = elements(outer);
  const strides = contiguousStrides(outer);
  const partial = accumulators.map(({ dtype }, index): Output => {
    const buffer = target.buffers.push(target.shared(wanted * points * BYTES[dtype])) - 1;
    return { buffer, view: { offset: 0, strides }, value: { kind: "accumulator", dtype, index } };
  });
  const first: LoopKernel = { ...kernel, outputs: partial };
  const nest = planNest(first);
  const cut = cutLoops(nest, wanted, "reduced");
  if (cut === undefined) return [loopPart(kernel, number, target, planNest(kernel), undefined)];
  const joined: LoopKernel = {
    kind: "loop",
    outer,
    reduce: [cut.chunks],
    passes: [
      {
        accumulators: accumulators.map(({ op, dtype }, i) => {
          const view = { offset: 0, strides: [...strides, points] };
          return { op, dtype, value: { kind: "load", dtype, buffer: partial[i]!.buffer, view } };
        }),
        outputs: [],
      },
    ],
    outputs,
  };
  return [
    loopPart(first, number, target, nest, cut, ({ buffer }) =>
      partial.some((output) => output.buffer === buffer) ? points : undefined,
    ),
    loopPart(joined, number, target, planNest(joined), undefined),
  ];
}

function loopPart(
  kernel: LoopKernel,
  number: number,
  target: Target,
  nest: Nest,
  cut: LoopCut | undefined,
  elsewhere: Elsewhere = () => undefined,
): Part {
  const code = new FunctionBuilder(target.parameters);
  const how = emitLoop(code, kernel, number, target, nest, cut, elsewhere);
  return { code, chunks: cut?.chunks ?? 1, time: nanoseconds(kernel, nest), how };
}

/** The parts of a group: chunks of all members are claimed side by side, small members several at once. `partsOf`: those of a
 *  member, with no parameters but a chunk's. */
export function groupParts(
  { members }: GroupKernel,
  target: Target,
  partsOf: (member: LoopKernel) => Part[],
): Part[] {
  const all = members.map(partsOf);
  const most = Math.max(0, ...all.map((parts) => parts.length));
  return Array.from({ length: most }, (_, i) => {
    const tasks: Task[] = [];
    for (const { [i]: part } of all) {
      if (part === undefined) continue;
      const { code, chunks, time } = part;
      addTask(tasks, { functions: [target.module.add(code)], chunks, time }, target.grain);
    }
    const how = all.flatMap((parts) => parts[i]?.how ?? []).join("; ");
    return { ...together(tasks), how };
  });
}

/** Functions that are called for every one of so many chunks; what they take, in nanoseconds. */
export interface Task {
  readonly functions: readonly number[];
  readonly chunks: number;
  readonly time: number;
}

/** Adds a task. One of a single chunk is done with the last one, if that is one of these, too, and takes less than `grain`. */
export function addTask(tasks: Task[], task: Task, grain: number): void {
  const last = tasks.at(-1);
  if (task.chunks > 1 || last === undefined || last.chunks > 1 || last.time >= grain) tasks.push(task);
  else {
    const functions = [...last.functions, ...task.functions];
    tasks[tasks.length - 1] = { functions, chunks: 1, time: last.time + task.time };
  }
}

/** One function for the chunks of all tasks, counted through. */
export function together(tasks: readonly Task[]): Omit<Part, "how"> {
  const f = new FunctionBuilder(CHUNK_PARAMETERS);
  let chunks = 0;
  for (const task of tasks) {
    f.get(CHUNK);
    f.i32(task.chunks);
    f.op(OP.i32_lt_s);
    f.if(() => {
      for (const index of task.functions) {
        for (let parameter = 0; parameter < CHUNK_PARAMETERS.length; parameter++) f.get(parameter);
        f.call(index);
      }
      f.return();
    });
    f.advance(CHUNK, -task.chunks);
    chunks += task.chunks;
  }
  return { code: f, chunks, time: tasks.reduce((sum, { time }) => sum + time, 0) };
}
