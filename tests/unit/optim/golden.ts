// The golden data of optimizers, schedules and clipping (tests/golden/make_optim.py), and optimizers by name.

import { readFileSync } from "node:fs";
import * as gb from "gradbook";
import type { GoldenTensor, Options } from "../parity/golden.js";

type JsonNumber = number | "nan" | "inf" | "-inf";

export interface OptimizerCase {
  readonly id: string;
  readonly optimizer: string;
  readonly options: Options;
  /** Options of a group of the two matrices and of one of the bias. */
  readonly groups?: readonly [Options, Options];
  /** Names of the changed parameters, in the optimizer's order. */
  readonly parameters: readonly ("weight" | "bias" | "head")[];
  /** After each step: weight [3, 4], bias [3], head [5, 3], and the loss before the step. */
  readonly steps: readonly (readonly JsonNumber[])[];
  /** PyTorch's state of each parameter after `saved` steps. */
  readonly saved: readonly {
    readonly [name: string]: { readonly shape: readonly number[]; readonly data: readonly JsonNumber[] };
  }[];
  /** Keys of PyTorch's groups; those that choose between its implementations are left out. */
  readonly groupKeys?: readonly string[];
}

/** How a scheduler is made: constructor arguments after the optimizer, or other schedulers. */
export interface ScheduleSpec {
  readonly name: string;
  readonly arguments?: readonly unknown[];
  readonly options?: Options;
  readonly lambda?: string | readonly string[];
  readonly children?: readonly ScheduleSpec[];
  readonly milestones?: readonly number[];
}

export interface SchedulerCase {
  readonly id: string;
  readonly scheduler: string;
  /** Learning rates of the groups. */
  readonly rates: readonly number[];
  readonly base: { readonly optimizer: string; readonly options: Options };
  readonly spec: ScheduleSpec;
  /** At the start and after each step, for each group: learning rate, momentum (or betas[0]). */
  readonly path: readonly (readonly (readonly [number, number])[])[];
}

export interface ClipCase {
  readonly id: string;
  readonly function: "clipGradNorm_" | "clipGradValue_";
  readonly limit: number;
  readonly options: { readonly normType?: number | "inf" };
  readonly gradients: readonly GoldenTensor[];
  readonly total: JsonNumber | null;
  readonly after: readonly (readonly JsonNumber[])[];
}

interface OptimFile {
  readonly torch: string;
  readonly saved: number;
  readonly problem: {
    readonly [name in "features" | "wanted" | "weight" | "bias" | "head"]: GoldenTensor;
  };
  readonly optimizers: readonly OptimizerCase[];
  readonly metrics: readonly number[];
  readonly schedulers: readonly SchedulerCase[];
  readonly clips: readonly ClipCase[];
}

export const loadOptim = (): OptimFile =>
  JSON.parse(readFileSync(new URL("../../golden/optim.json", import.meta.url), "utf8")) as OptimFile;

const { optim } = gb;
type Given = ConstructorParameters<typeof optim.SGD>[0];

/** Every optimizer of the library. */
export const OPTIMIZERS = {
  SGD: optim.SGD,
  Adam: optim.Adam,
  AdamW: optim.AdamW,
  Adagrad: optim.Adagrad,
  Adadelta: optim.Adadelta,
  RMSprop: optim.RMSprop,
  Adamax: optim.Adamax,
  NAdam: optim.NAdam,
  RAdam: optim.RAdam,
  Rprop: optim.Rprop,
  ASGD: optim.ASGD,
  Lion: optim.Lion,
  Muon: optim.Muon,
} as const;

export type AnyOptimizer = gb.optim.Optimizer<gb.optim.GroupOptions>;

export function buildOptimizer(name: string, parameters: unknown, options: Options): AnyOptimizer {
  const make = OPTIMIZERS[name as keyof typeof OPTIMIZERS] as unknown as new (
    parameters: Given,
    options: Options,
  ) => AnyOptimizer;
  return new make(parameters as Given, options);
}
