// From a plan to a module: functions that compute one chunk of a kernel, and two that go through all of them: "run" for the
// leader and "help" for everybody else of the team.

import type { GeneratedKernel, Kernel, Plan, PlanBuffer, RoutineKernel } from "../ir.js";
import { BLOCK, pushBuffer, type Range } from "./addressing.js";
import { argumentWord, FAULT_WORD } from "./block.js";
import { Bodies } from "./bodies.js";
import { workOf } from "./describe.js";
import { emitFloorDivision } from "./division.js";
import { BLAS, type BlasRates, SGEMM_PARAMETERS } from "./emit-blas.js";
import { FunctionBuilder } from "./encoder.js";
import { reportFunction } from "./fault.js";
import { F32, I32, OP, type ValueType } from "./instructions.js";
import { JoinedParts } from "./joined.js";
import type { MatmulTarget, Stage } from "./matmul.js";
import {
  COPY_PARAMETERS,
  GATHER_PARAMETERS,
  KERNEL_PARAMETERS,
  kernelName,
  type TileShape,
} from "./microkernel.js";
import { BINARY_FLOAT, BINARY_INTEGER, ModuleBuilder, UNARY_FLOAT } from "./module.js";
import type { ImportedFunction, ScalarFunctions } from "./operations.js";
import { groupParts } from "./parts.js";
import { LIBRARY } from "./product-target.js";
import { LANES_BYTES } from "./reduction.js";
import { ScratchSpace } from "./scratch-space.js";
import { STATISTICS, STATISTICS_LIBRARY } from "./statistics.js";
import { isSummary, nativeSummary } from "./summary.js";
import { CHUNK_PARAMETERS, LOOK_WORK, TeamWriter } from "./team.js";

/** Module names of the scalar functions that JavaScript provides, and of what the leader's thread does in JavaScript. */
export const SCALAR = "scalar";
export const LEADER = "leader";

export interface Program {
  readonly code: Uint8Array<ArrayBuffer>;
  /** Chunks that are claimed in a run. */
  readonly chunks: number;
  /** Operations and bytes of a run. */
  readonly work: number;
  /** The plan's own arena and the scratch memory behind it; scratch memory of each thread. */
  readonly arenaBytes: number;
  readonly localBytes: number;
  /** Those that generated code asks for by their place here. */
  readonly routines: readonly RoutineKernel[];
  /** How each kernel computes, in words. */
  readonly how: readonly string[];
}

/** (run block, first count) -> whether the run was cancelled. */
export type Run = (block: number, base: number) => number;
/** (run block, first count, thread) */
export type Help = (block: number, base: number, thread: number) => void;

const IMPORTS: Readonly<Record<ImportedFunction, readonly ValueType[]>> = {
  sin: UNARY_FLOAT,
  cos: UNARY_FLOAT,
  atan: UNARY_FLOAT,
  pow: BINARY_FLOAT,
  mod: BINARY_FLOAT,
  integerPower: BINARY_INTEGER,
};

class ProgramWriter {
  readonly #module = new ModuleBuilder();
  readonly #shared: ScratchSpace;
  readonly #local = new ScratchSpace(LANES_BYTES);
  readonly #target: MatmulTarget;
  readonly #bodies: Bodies;
  readonly #team: TeamWriter;
  readonly #routine: number;
  readonly #division = new Map<"div" | "mod", number>();

  constructor(plan: Plan, { shape, zeros, grain, blas }: ProgramOptions) {
    const module = this.#module;
    this.#shared = new ScratchSpace(plan.arenaBytes);
    this.#import(shape, plan.kernels.some(isSummary));
    const cancelled = module.import(LEADER, "cancelled", [], [I32]);
    this.#routine = module.import(LEADER, "routine", [I32]);
    this.#team = new TeamWriter(module, cancelled);
    const shared = (bytes: number): PlanBuffer => ({
      kind: "arena",
      offset: this.#shared.take(bytes),
      bytes,
    });
    const scalar: ScalarFunctions = {
      imported: (name) => module.import(SCALAR, name, IMPORTS[name]),
      integer: (name) => this.#divide(name),
    };
    this.#target = {
      parameters: CHUNK_PARAMETERS,
      buffers: [...plan.buffers],
      argument: (index) => ({ local: BLOCK, offset: argumentWord(plan.bindings, index) }),
      scalar,
      report: module.add(reportFunction()),
      relaxed: shape.relaxed,
      grain,
      blas,
      shape,
      module,
      zeros,
      part: this.#team.end,
      packedFor: module.global(),
      shared,
      lanes: { kind: "local", offset: 0, bytes: LANES_BYTES },
      local: (bytes) => ({ kind: "local", offset: this.#local.take(bytes), bytes }),
    };
    this.#bodies = new Bodies(this.#target, [this.#shared, this.#local]);
  }

  /** All imports must be there before the first function. */
  #import(shape: TileShape, statistics: boolean): void {
    for (const order of ["columns", "rows"] as const) {
      for (let rows = 1; rows <= shape.rows; rows++) {
        this.#module.import(LIBRARY, kernelName(order, rows), KERNEL_PARAMETERS);
      }
    }
    this.#module.import(BLAS, "sgemm", SGEMM_PARAMETERS);
    this.#module.import(LIBRARY, "copyRows", COPY_PARAMETERS);
    this.#module.import(LIBRARY, "transpose", COPY_PARAMETERS);
    this.#module.import(LIBRARY, "gather", GATHER_PARAMETERS);
    if (statistics)
      for (const [name, { parameters, results }] of Object.entries(STATISTICS))
        this.#module.import(STATISTICS_LIBRARY, name, parameters, results);
    for (const [name, parameters] of Object.entries(IMPORTS)) {
      this.#module.import(SCALAR, name, parameters, [parameters === BINARY_INTEGER ? I32 : F32]);
    }
  }

  #divide(name: "div" | "mod"): number {
    let index = this.#division.get(name);
    if (index === undefined) {
      const f = new FunctionBuilder(BINARY_INTEGER, [I32]);
      emitFloorDivision(f, name);
      index = this.#module.add(f);
      this.#division.set(name, index);
    }
    return index;
  }

  write(plan: Plan): Program {
    const how: string[] = [];
    const routines: RoutineKernel[] = [];
    const walk = new Walk(this.#module, this.#team, plan.buffers, this.#target.grain);
    let work = 0;
    plan.kernels.forEach((kernel, number) => {
      // Nothing is written over once a check has failed, and a routine finds no index that is out of bounds.
      const stops = number === plan.commit || kernel.kind === "routine";
      if (stops && plan.faults.length > 0) walk.stopAfterFault();
      this.#shared.restart();
      this.#local.restart();
      const run = (stages: readonly Stage[]): void => {
        const own = workOf(kernel, plan.buffers);
        work += own;
        walk.kernel(kernel, stages, own);
        how.push(stages.flatMap(({ parts }) => parts.map((part) => part.how)).join("; ") || "empty");
      };
      if (kernel.kind !== "routine") {
        run(this.#stages(kernel, number));
        return;
      }
      const native = nativeSummary(kernel, this.#target);
      if (native === undefined) how.push("routine");
      else run(native.stages);
      walk.routine(this.#routine, routines.push(kernel) - 1, native?.failed);
    });
    const claimed = walk.finish();
    return {
      code: this.#module.encode(),
      chunks: claimed,
      work,
      arenaBytes: this.#shared.end,
      localBytes: this.#local.end,
      routines,
      how,
    };
  }

  #stages(kernel: GeneratedKernel, number: number): Stage[] {
    if (kernel.kind !== "group") return this.#bodies.stages(kernel, number);
    const parts = groupParts(kernel, this.#target, (member) =>
      this.#bodies.stages(member, number).flatMap((stage) => stage.parts),
    );
    return [{ parts, steps: 1 }];
  }
}

/** Writes the two functions that go through a plan's parts in step with each other. */
class Walk {
  readonly #module: ModuleBuilder;
  readonly #team: TeamWriter;
  readonly #buffers: readonly PlanBuffer[];
  readonly #grain: number;
  readonly #run = new FunctionBuilder([I32, I32], [I32]);
  readonly #help = new FunctionBuilder([I32, I32, I32]);
  readonly #runStep: number;
  readonly #helpStep: number;
  #chunks = 0;
  /** What is launched next, if nothing more can be launched with it. */
  #joined = new JoinedParts();
  /** What every early end needs. */
  readonly #stops = new FunctionBuilder([I32]);
  readonly #stop: number;

  /** `buffers`: those of the plan. */
  constructor(module: ModuleBuilder, team: TeamWriter, buffers: readonly PlanBuffer[], grain: number) {
    this.#module = module;
    this.#team = team;
    this.#buffers = buffers;
    this.#grain = grain;
    this.#runStep = this.#run.local(I32);
    this.#helpStep = this.#help.local(I32);
    this.#stop = module.add(this.#stops);
    team.begin(this.#run, BASE);
    team.join(this.#help, BASE);
  }

  /** The next kernel; `work`: its operations and bytes. One of a single part, which needs no memory that threads share, is
   *  launched together with those before it, unless it has to wait for them. */
  kernel(kernel: Kernel, stages: readonly Stage[], work: number): void {
    const [part, ...more] = stages.flatMap(({ parts, steps }) =>
      steps === 1 ? parts : [...parts, ...parts],
    );
    if (part === undefined) return;
    if (more.length === 0) {
      if (this.#joined.takes(part, kernel, work, this.#buffers)) return;
      this.#launch();
      this.#joined.takes(part, kernel, work, this.#buffers);
      return;
    }
    this.#launch();
    this.#stages(stages, work);
  }

  #launch(): void {
    const { work } = this.#joined;
    const part = this.#joined.part(this.#module, this.#grain);
    if (part === undefined) return;
    this.#joined = new JoinedParts();
    this.#stages([{ parts: [part], steps: 1 }], work);
  }

  #stages(stages: readonly Stage[], work: number): void {
    const chunks = stages.reduce(
      (sum, { parts, steps }) => parts.reduce((all, part) => all + part.chunks * steps, sum),
      0,
    );
    const each = Math.min(2 ** 30, Math.ceil(work / chunks));
    for (const stage of stages) this.#stage(stage, each);
  }

  #stage({ parts, steps }: Stage, work: number): void {
    const indices = parts.map((part) => this.#module.add(part.code));
    const slots = parts.map((part, i) => (part.chunks > 1 ? this.#module.slot(indices[i]!) : -1));
    for (const { chunks } of parts) if (chunks > 1) this.#chunks += chunks * steps;
    this.#stepwise(this.#run, this.#runStep, steps, () => {
      parts.forEach(({ chunks }, i) => {
        if (chunks > 1) this.#lead(slots[i]!, chunks, work);
        else this.#alone(indices[i]!, work);
      });
    });
    if (parts.every(({ chunks }) => chunks === 1)) return;
    this.#stepwise(this.#help, this.#helpStep, steps, () => {
      parts.forEach(({ chunks }, i) => {
        if (chunks > 1) this.#assist(slots[i]!, chunks);
      });
    });
  }

  #stepwise(f: FunctionBuilder, step: number, steps: number, body: () => void): void {
    f.i32(0);
    f.set(step);
    f.repeat(steps, () => {
      body();
      f.advance(step, 1);
    });
  }

  #lead(slot: number, chunks: number, work: number): void {
    const f = this.#run;
    f.get(BLOCK);
    f.i32(slot);
    f.i32(chunks);
    f.get(this.#runStep);
    f.i32(work);
    f.call(this.#team.lead);
    this.#stopIf(() => f.i32(1));
  }

  #alone(index: number, work: number): void {
    const f = this.#run;
    f.get(BLOCK);
    f.i32(0);
    f.i32(0);
    f.get(this.#runStep);
    f.call(index);
    f.i32(work);
    f.call(this.#team.look);
    this.#stopIf(() => f.i32(1));
  }

  #assist(slot: number, chunks: number): void {
    const f = this.#help;
    f.get(BLOCK);
    f.i32(slot);
    f.i32(chunks);
    f.get(this.#helpStep);
    f.get(HELPER_THREAD);
    f.call(this.#team.assist);
  }

  /** Has JavaScript run routine number `routine`, by the import `index`, and then looks whether to stop; where there is a word for
   *  it, only if that is not 0. */
  routine(index: number, routine: number, word?: Range): void {
    this.#launch();
    const f = this.#run;
    const call = (): void => {
      f.i32(routine);
      f.call(index);
    };
    if (word === undefined) call();
    else {
      pushBuffer(f, word, 0);
      f.memory(OP.i32_load, 0);
      f.if(call);
    }
    f.i32(LOOK_WORK);
    f.call(this.#team.look);
    this.#stopIf(() => f.i32(1));
  }

  stopAfterFault(): void {
    this.#launch();
    this.#run.get(BLOCK);
    this.#run.memory(OP.i32_load, FAULT_WORD);
    this.#stopIf(() => this.#run.i32(0));
  }

  /** Ends the run with what `result` pushes, if the condition on the stack holds. */
  #stopIf(result: () => void): void {
    const f = this.#run;
    f.if(() => {
      f.get(BASE);
      f.call(this.#stop);
      result();
      f.return();
    });
  }

  /** Adds both functions to the module; gives the chunks of a run. */
  finish(): number {
    this.#launch();
    this.#team.finish(this.#stops, 0, this.#chunks);
    this.#run.i32(0);
    this.#module.add(this.#run, "run");
    this.#module.add(this.#help, "help");
    return this.#chunks;
  }
}

/** Parameters of "run" and "help" after the run block. */
const [BASE, HELPER_THREAD] = [1, 2] as const;

export interface ProgramOptions {
  readonly shape: TileShape;
  /** Address of a row of zeros, as long as a tile. */
  readonly zeros: number;
  /** Nanoseconds a chunk takes at least. */
  readonly grain: number;
  /** The kinds of products that go to the system's BLAS, and how fast it is. */
  readonly blas: BlasRates;
}

export function compileProgram(plan: Plan, options: ProgramOptions): Program {
  return new ProgramWriter(plan, options).write(plan);
}
