// What a workload is. Each is one file in workloads/, with its twin for PyTorch beside it (same name, .py).

export interface Workload {
  /** What one iteration does. */
  readonly title: string;
  /** Iterations in a timed round. */
  readonly iterations: number;
  /** Iterations after which the runners' values are compared, and how far they may differ. */
  readonly check: { readonly iterations: number; readonly tolerance: number };
  /** Why it cannot run here; undefined when it can. */
  unavailable?(): Promise<string | undefined>;
  /** Builds it; gives a function that runs iterations and returns the last loss. */
  prepare(): Promise<(iterations: number) => number>;
}
