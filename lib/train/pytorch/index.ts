// A model, and a loop that trains it, as a PyTorch program.

import type { Module } from "../../module/module.js";
import type { GroupOptions } from "../../optim/optimizer.js";
import { type LoopOptions, writeLoop } from "./loop.js";
import { writeModule } from "./module.js";
import { literal } from "./python.js";

export interface ToPyTorchOptions<O extends GroupOptions> {
  /** Write a training loop, too: options of `fit`. */
  fit?: LoopOptions<O>;
  /** A safetensors file with the model's state (`gb.save(model.stateDict(), ...)`), to be loaded by the program. */
  weights?: string;
}

/** A model as Python code for PyTorch, under the same names: a state dict goes either way. Containers and layers of the library are
 *  complete; those that PyTorch lacks (SwiGLU, ReLU2, ...) are defined in the code. Of a class of your own, its parts are written,
 *  and its forward stands there as a comment to be translated. Frozen parameters stay frozen. With `fit`, the optimizer, the loss
 *  and a training loop follow.
 *
 * ```ts
 * const program = gb.toPyTorch(nn.Sequential(nn.Flatten(), nn.Linear(784, 10, { bias: false })));
 * program.split("\n").slice(3, 6) // -> [ 'model = nn.Sequential(', '    nn.Flatten(),', '    nn.Linear(784, 10, bias=False),' ]
 * ``` */
export function toPyTorch<O extends GroupOptions>(model: Module, options: ToPyTorchOptions<O> = {}): string {
  const { classes, code } = writeModule(model);
  const { weights, fit } = options;
  const frozen = [...model.namedParameters()].filter(([, { requiresGrad }]) => !requiresGrad);
  const loop = fit && writeLoop(model, fit);
  const setUp = [
    `model = ${code}`,
    ...(weights === undefined ? [] : [`model.load_state_dict(load_file(${literal(weights)}))`]),
    ...frozen.map(([path]) => `model.get_parameter(${literal(path)}).requires_grad_(False)`),
    ...(loop?.includes("parameters[name]") ? ["parameters = dict(model.named_parameters())"] : []),
  ];
  const imports = [
    "import torch",
    ...(weights === undefined ? [] : ["from safetensors.torch import load_file"]),
    "from torch import nn",
  ];
  const definitions = classes.map((definition) => `\n\n${definition}\n`).join("");
  const gap = classes.length > 0 ? "\n" : "";
  return `${imports.join("\n")}\n${definitions}${gap}\n${setUp.join("\n")}\n${loop === undefined ? "" : `${loop}\n`}`;
}
