// Training and evaluation for the time of a scope.

import type { Module } from "./module.js";

function inMode<T>(model: Module, training: boolean, body: () => T): T {
  const modules = model.modules();
  const modes = modules.map((module) => module.training);
  const restore = (): void => {
    modules.forEach((module, i) => {
      module.training = modes[i]!;
    });
  };
  let waits = false;
  model.train(training);
  try {
    const result = body();
    if (!(result instanceof Promise)) return result;
    waits = true;
    return result.finally(restore) as T;
  } finally {
    if (!waits) restore();
  }
}

/** Runs `body`, to the end of its promise if it gives one, with `model` in evaluation mode; afterwards each of its modules is in
 *  the mode it was in. Gradients are recorded unless `noGrad` says otherwise.
 *
 *  ```ts
 *  const model = nn.Sequential(nn.Linear(4, 3), nn.Dropout(0.5));
 *  const prediction = nn.evalMode(model, () => gb.noGrad(() => model(tensor.ones(1, 4))));
 *  model.training // -> true
 *  ``` */
export function evalMode<T>(model: Module, body: () => T): T {
  return inMode(model, false, body);
}

/** `evalMode` the other way round, for example for predictions with dropout (Gal and Ghahramani 2016).
 *
 *  ```ts
 *  const model = nn.Dropout(0.5).eval();
 *  nn.trainMode(model, () => model.training) // -> true
 *  ``` */
export function trainMode<T>(model: Module, body: () => T): T {
  return inMode(model, true, body);
}
