// What is looked at: a step, a layer, runs to compare with. All screens of a monitor share it, so that going from one to another keeps the place.

export class Focus {
  /** The step on show; null while following the run. */
  step: number | null = null;
  /** Index of the layer that the lens shows. */
  layer = 0;
  /** Ids of the runs beside the one on show, as chosen; until then those that belong to it. */
  compared: readonly string[] | undefined;
}
