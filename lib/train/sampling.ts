// Which steps are measured: all of the first ones, in which initialisation shows, then ever fewer, so that a long run pays
// little and a plot over the logarithm of the steps stays evenly filled.

/** Steps from 0 on at which everything is measured. */
const DENSE_LAYERS = 100;
const DENSE_LOSS = 1000;
/** After that: one step in (step / this) is measured. */
const LAYERS_PER_STEP = 50;
const LOSS_PER_STEP = 500;

function due(step: number, dense: number, resolution: number): boolean {
  const mark = (at: number): number => Math.floor(resolution * Math.log(at));
  return step < dense || mark(step) !== mark(step - 1);
}

/** What to measure at a step: its loss, and its layers' statistics (which include the loss). */
export function sampling(step: number): { loss: boolean; layers: boolean } {
  const layers = due(step, DENSE_LAYERS, LAYERS_PER_STEP);
  return { layers, loss: layers || due(step, DENSE_LOSS, LOSS_PER_STEP) };
}
