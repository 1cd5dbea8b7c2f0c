// A training loop as Python: the optimizer, the loss, and the loop of `fit`.

import type { Module } from "../../module/module.js";
import type { GroupOptions, Optimizer } from "../../optim/optimizer.js";
import { full } from "../../tensor/create.js";
import { snakeCase } from "../../tensor/python-names.js";
import { type Arguments, call, indented, literal } from "./python.js";

/** What of `fit`'s options is written; the others, such as callbacks, have no counterpart. */
export interface LoopOptions<O extends GroupOptions> {
  optimizer: Optimizer<O>;
  /** A loss of `nn`: `nn.CrossEntropyLoss()`. */
  lossFn: Module;
  epochs: number;
  clipGradNorm?: number;
  clipGradValue?: number;
}

/** Optimizers that PyTorch does not have. */
const UNKNOWN: ReadonlySet<string> = new Set(["Lion"]);

export function writeLoop<O extends GroupOptions>(model: Module, options: LoopOptions<O>): string {
  const { epochs, clipGradNorm, clipGradValue } = options;
  const clips = [
    clipGradNorm === undefined
      ? []
      : [`nn.utils.clip_grad_norm_(model.parameters(), ${literal(clipGradNorm)})`],
    clipGradValue === undefined
      ? []
      : [`nn.utils.clip_grad_value_(model.parameters(), ${literal(clipGradValue)})`],
  ].flat();
  const step = [
    "outputs = model(inputs)",
    "loss = loss_fn(outputs, targets)",
    "optimizer.zero_grad()",
    "loss.backward()",
    ...clips,
    "optimizer.step()",
    "total += loss.item() * len(targets)",
    "count += len(targets)",
  ];
  return `optimizer = ${optimizerCall(model, options.optimizer)}
loss_fn = ${lossCall(options.lossFn)}


def fit(model, loader, epochs=${epochs}):
    """Trains on batches of inputs and targets; gives the average loss of each epoch."""
    history = []
    for epoch in range(epochs):
        model.train()
        total, count = 0.0, 0
        for inputs, targets in loader:
${indented(step.join("\n"), 3)}
        history.append(total / count)
        print(f"epoch {epoch + 1}/{epochs}: loss {history[-1]:.4f}")
    return history`;
}

function optimizerCall<O extends GroupOptions>(model: Module, optimizer: Optimizer<O>): string {
  const name = optimizer.constructor.name;
  if (UNKNOWN.has(name)) {
    throw new TypeError(`toPyTorch: PyTorch has no ${name}; choose another optimizer, such as AdamW`);
  }
  const Class = optimizer.constructor as new (parameters: unknown) => Optimizer<O>;
  const defaults = { ...new Class([full([1, 1], 0)]).defaults, lr: undefined } as Arguments;
  const { paramGroups } = optimizer;
  const options = ({ params: _params, ...rest }: (typeof paramGroups)[number]): Arguments =>
    Object.fromEntries(Object.entries(rest).filter(([key]) => key in optimizer.defaults));
  const only = paramGroups[0]!;
  const all = new Set<unknown>(model.parameters());
  if (paramGroups.length === 1 && only.params.length === all.size && only.params.every((p) => all.has(p))) {
    return call(`torch.optim.${name}`, [], options(only), defaults).replace("(", "(model.parameters(), ");
  }
  const names = new Map<unknown, string>(
    [...model.namedParameters()].map(([path, parameter]) => [parameter, path]),
  );
  const groups = paramGroups.map((group) => {
    const paths = group.params.map((parameter) => names.get(parameter));
    if (paths.includes(undefined))
      throw new RangeError("toPyTorch: the optimizer has parameters that the model has not");
    const entries = Object.entries(options(group))
      .filter(([key, value]) => literal(value) !== literal(defaults[key]))
      .map(([key, value]) => `${literal(snakeCase(key))}: ${literal(value)}`);
    return `{${[`"params": [parameters[name] for name in [${paths.map(literal).join(", ")}]]`, ...entries].join(", ")}},`;
  });
  // the rate is in every group; that in front is for PyTorch's older versions, which ask for it
  const lr = literal(optimizer.defaults.lr);
  return `torch.optim.${name}(\n    [\n${indented(groups.join("\n"), 2)}\n    ],\n    lr=${lr},\n)`;
}

function lossCall(loss: Module): string {
  const name = loss.constructor.name;
  if (!name.endsWith("Loss")) {
    throw new TypeError(
      `toPyTorch: the loss must be one of nn, such as nn.CrossEntropyLoss(), to be written in Python; got ${name}`,
    );
  }
  const fields = (module: Module): Arguments => {
    const { options, training: _training, ...rest } = { ...module } as Record<string, unknown>;
    return { ...rest, ...(options as object | undefined) };
  };
  const fresh = new (loss.constructor as new () => Module)();
  return call(`nn.${name}`, [], fields(loss), fields(fresh));
}
