// What is looked at: a step and a layer. All screens of a monitor share it, so that going from one to another keeps the place.

export class Focus {
  /** The step on show; null while following the run. */
  step: number | null = null;
  /** Index of the layer that the lens shows. */
  layer = 0;
}
