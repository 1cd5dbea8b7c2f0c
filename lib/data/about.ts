// What is known about data sets beside their values: a name and the names of the classes, for plots and pictures.

export interface About {
  /** "Fashion-MNIST (sample)" */
  readonly name: string;
  /** In the order of their labels. */
  readonly classes: readonly string[];
}

const known = new WeakMap<object, About>();

/** Remembers what a data set is. */
export function describe<T extends object>(dataset: T, about: About): T {
  known.set(dataset, about);
  return dataset;
}

/** What is known of a data set, or of the one that it takes its samples from. */
export function aboutDataset(dataset: unknown): About | undefined {
  if (typeof dataset !== "object" || dataset === null) return undefined;
  return known.get(dataset) ?? aboutDataset((dataset as { dataset?: unknown }).dataset);
}
