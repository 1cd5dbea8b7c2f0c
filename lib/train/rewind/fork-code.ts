// The cell that the monitor offers for going on from an earlier step of a run. The loop is the user's own: its lines are those
// that most loops have.

export interface ForkPlan {
  readonly name: string;
  readonly step: number;
  readonly lr: number | undefined;
  /** The run is one of `gb.train.fit`. */
  readonly fitted: boolean;
}

const LOOP = `for (const [X, y] of fork.batches) { // the rest of that pass; put your own loop here
  const loss = lossFn(fork.model(X), y);
  loss.backward();
  fork.optimizer.step();
  fork.optimizer.zeroGrad();
}`;

const FIT = `await gb.train.fit(fork.model, loader, { // with the options of your own call
  optimizer: fork.optimizer,
  lossFn,
  epochs,
  from: fork,
});`;

export function forkCode({ name, step, lr, fitted }: ForkPlan): string {
  const options = lr === undefined ? `{ step: ${step} }` : `{ step: ${step}, lr: ${lr} }`;
  return [
    `// ${name}, taken up again before step ${step}${lr === undefined ? "" : `, with the learning rate ${lr}`}`,
    `const fork = gb.train.fork(${JSON.stringify(name)}, ${options});`,
    fitted ? FIT : LOOP,
  ].join("\n");
}
