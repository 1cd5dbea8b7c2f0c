// Training and evaluation: which layers do something else in one than in the other, and whether a run is in the mode that fits
// what is being done.

import type { Module } from "../../module/index.js";
import { isGradEnabled } from "../../tensor/scope.js";
import type { LayerInfo, Modes } from "../run.js";

const DROPOUT = /Dropout/;
const RUNNING = /^(BatchNorm|InstanceNorm)/;

const kindOf = (module: Module): string => module.constructor.name;

/** Adds to the layers of a model, described in the order of its modules, the dropout after each and whether its running
 *  statistics move. */
export function withModes(model: Module, layers: readonly LayerInfo[]): LayerInfo[] {
  const described: LayerInfo[] = [];
  for (const [path, module] of model.namedModules()) {
    const next = layers[described.length];
    if (next?.path === path) described.push(next);
    const layer = described.at(-1);
    if (layer === undefined) continue;
    const { normalisation } = layer;
    if (DROPOUT.test(kindOf(module))) described[described.length - 1] = { ...layer, dropout: kindOf(module) };
    if (normalisation?.kind !== kindOf(module) || !RUNNING.test(kindOf(module))) continue;
    const { trackRunningStats } = module as Module & { trackRunningStats?: boolean };
    const moving = module.training && trackRunningStats === true;
    described[described.length - 1] = { ...layer, normalisation: { ...normalisation, moving } };
  }
  return described;
}

/** Counts the forward passes and the steps of one run that are in the wrong mode. */
export class ModeCount {
  /** Whether the mode makes a difference. */
  private readonly matters: boolean;
  private readonly report: (modes: Modes) => void;
  private modes: Modes = {};
  private trained = true;

  constructor(model: Module, report: (modes: Modes) => void) {
    this.matters = model.modules().some((module) => {
      return DROPOUT.test(kindOf(module)) || RUNNING.test(kindOf(module));
    });
    this.report = report;
  }

  /** The model is about to run, before step number `step`. Without gradients it is being evaluated. */
  forward(training: boolean, step: number): void {
    if (isGradEnabled()) {
      this.trained = training;
      return;
    }
    if (!training || !this.matters) return;
    const { trainingEvaluations = 0, firstTrainingEvaluation = step } = this.modes;
    this.change(
      { trainingEvaluations: trainingEvaluations + 1, firstTrainingEvaluation },
      trainingEvaluations,
    );
  }

  /** An optimizer has made step number `step`. */
  update(step: number): void {
    if (this.trained || !this.matters) return;
    const { evaluationSteps = 0, firstEvaluationStep = step } = this.modes;
    this.change({ evaluationSteps: evaluationSteps + 1, firstEvaluationStep }, evaluationSteps);
  }

  /** Tells of the first ones, and then ever less often: of a count before that is 0, 1, 3, 7, ... */
  private change(change: Modes, before: number): void {
    this.modes = { ...this.modes, ...change };
    if ((before & (before + 1)) === 0) this.report(this.modes);
  }
}
