// What a loop must not forget: which layers do something else in training than in evaluation, whether a run is in the mode that
// fits what is being done, and whether each step begins with new gradients.

import type { Node } from "../../graph/node.js";
import type { Module } from "../../module/index.js";
import type { GradientSlot } from "../../tensor/autograd.js";
import { isGradEnabled } from "../../tensor/scope.js";
import type { Tensor } from "../../tensor/tensor.js";
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

/** Gradients may be gathered over several batches before a step, or only be looked at; over so many that is a mistake. */
const WITHOUT_STEP = 32;

type Gradient = NonNullable<GradientSlot["gradient"]>;

/** The gradient of one parameter as a step has used it. */
interface Used {
  readonly parameter: Tensor;
  readonly gradient: Gradient;
  readonly value: Node;
}

const gradientOf = (parameter: Tensor): Gradient | undefined =>
  (parameter.storage.node.slot as GradientSlot | undefined)?.gradient;

/** Counts the forward passes and the steps of one run that are in the wrong mode, and the steps that take old gradients along. */
export class ModeCount {
  /** Whether the mode makes a difference. */
  private readonly matters: boolean;
  private readonly report: (modes: Modes) => void;
  private readonly parameters: readonly Tensor[];
  private modes: Modes = {};
  private trained = true;
  private used: Used | undefined;
  /** Whether backward() has found the gradients of the last step as that step had left them. */
  private added = false;
  /** Until the first step: calls of backward() after a forward pass, since a parameter has had this value. */
  private unstepped: { value: Node | undefined; count: number } | undefined = { value: undefined, count: 0 };
  private forwarded = false;

  constructor(model: Module, report: (modes: Modes) => void) {
    this.matters = model.modules().some((module) => {
      return DROPOUT.test(kindOf(module)) || RUNNING.test(kindOf(module));
    });
    this.report = report;
    this.parameters = model.parameters();
  }

  /** The model is about to run, before step number `step`. Without gradients it is being evaluated. */
  forward(training: boolean, step: number): void {
    if (isGradEnabled()) {
      this.trained = training;
      this.forwarded = true;
      return;
    }
    if (!training || !this.matters) return;
    const { trainingEvaluations = 0, firstTrainingEvaluation = step } = this.modes;
    this.change(
      { trainingEvaluations: trainingEvaluations + 1, firstTrainingEvaluation },
      trainingEvaluations,
    );
  }

  /** backward() begins. */
  backward(): void {
    if (this.unstepped !== undefined && this.forwarded) this.countUnstepped(this.unstepped);
    const { used } = this;
    this.added ||= used !== undefined && gradientOf(used.parameter)?.node === used.value;
  }

  /** An optimizer has made step number `step`. */
  update(step: number): void {
    if (this.unstepped !== undefined) this.beginSteps();
    this.updateGradients(step);
    if (this.trained || !this.matters) return;
    const { evaluationSteps = 0, firstEvaluationStep = step } = this.modes;
    this.change({ evaluationSteps: evaluationSteps + 1, firstEvaluationStep }, evaluationSteps);
  }

  /** A loop that updates the parameters by itself needs no optimizer. */
  private countUnstepped(unstepped: { value: Node | undefined; count: number }): void {
    this.forwarded = false;
    const value = this.parameters.at(-1)?.storage.node;
    unstepped.count = value === unstepped.value ? unstepped.count + 1 : 1;
    unstepped.value = value;
    const { count } = unstepped;
    if (count >= WITHOUT_STEP) this.change({ withoutStep: count }, count - WITHOUT_STEP);
  }

  private beginSteps(): void {
    this.unstepped = undefined;
    const { withoutStep, ...others } = this.modes;
    if (withoutStep === undefined) return;
    this.modes = others;
    this.report(others);
  }

  /** Between backward() and the step they may still be cleared: another model's loss may have reached them in between. */
  private updateGradients(step: number): void {
    const { used, added } = this;
    if (added && gradientOf(used!.parameter) === used!.gradient) {
      const { keptGradients = 0, firstKeptGradients = step } = this.modes;
      this.change({ keptGradients: keptGradients + 1, firstKeptGradients }, keptGradients);
    }
    this.added = false;
    const again = used && gradientOf(used.parameter);
    const parameter = again
      ? used.parameter
      : this.parameters.findLast((one) => gradientOf(one) !== undefined);
    const gradient = again ?? (parameter && gradientOf(parameter));
    this.used = gradient && { parameter: parameter!, gradient, value: gradient.node };
  }

  /** Tells of the first ones, and then ever less often: of a count before that is 0, 1, 3, 7, ... */
  private change(change: Modes, before: number): void {
    this.modes = { ...this.modes, ...change };
    if ((before & (before + 1)) === 0) this.report(this.modes);
  }
}
