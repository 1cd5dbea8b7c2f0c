// One module against PyTorch's: outputs, gradients of inputs and parameters, buffers, train and eval.

import type * as gb from "gradbook";
import { decode, type ModuleCase, mismatch, type Options } from "./golden.js";
import { fromGolden } from "./library.js";
import { weightedSum } from "./weighted.js";

/** Makes the module of a case. */
export type Build = (args: readonly number[], options: Options) => gb.nn.Module;

/** What disagrees with the golden data, each in a line. */
export function moduleDisagreements(build: Build, golden: ModuleCase): string[] {
  const { arguments: args, options, state, steps } = golden;
  const module = build(args, options);
  const loaded = Object.entries(state).map(([key, value]) => [key, fromGolden(value)] as const);
  module.loadStateDict(Object.fromEntries(loaded), { strict: false });
  const found: (string | undefined)[] = [];
  steps.forEach((step, number) => {
    const at = (what: string): string => `step ${number} (${step.mode}): ${what}`;
    module.train(step.mode === "train");
    const inputs = step.inputs.map((input, i) => fromGolden(input, step.gradients[i] !== null));
    module.zeroGrad();
    const output = module(...inputs) as gb.Tensor;
    weightedSum([output]).backward();
    if (`${output.shape}` !== `${step.output.shape}`) found.push(at(`output has shape [${output.shape}]`));
    found.push(mismatch(at("output"), output.toTypedArray(), decode(step.output.data)));
    step.gradients.forEach((gradient, i) => {
      if (gradient !== null)
        found.push(mismatch(at(`gradient ${i}`), inputs[i]!.grad?.toTypedArray() ?? [], decode(gradient)));
    });
    const parameters = Object.fromEntries(module.namedParameters());
    if (`${Object.keys(parameters)}` !== `${Object.keys(step.parameterGradients)}`)
      found.push(at(`parameters are ${Object.keys(parameters)}`));
    for (const [key, gradient] of Object.entries(step.parameterGradients)) {
      const actual = parameters[key]?.grad?.toTypedArray() ?? [];
      found.push(mismatch(at(`gradient of ${key}`), actual, decode(gradient.data)));
    }
    const buffers = Object.fromEntries(module.namedBuffers());
    if (`${Object.keys(buffers)}` !== `${Object.keys(step.buffers)}`)
      found.push(at(`buffers are ${Object.keys(buffers)}`));
    for (const [key, buffer] of Object.entries(step.buffers))
      found.push(mismatch(at(key), buffers[key]?.toTypedArray() ?? [], decode(buffer.data)));
  });
  return found.filter((line) => line !== undefined);
}
