// Which plan some work runs most often: that of a training step, once it is settled.

import type { GraphSpec } from "gradbook/graph/spec";
import { session } from "gradbook/tensor/session";

/** The number of that plan. */
export function planRunMost(work: () => void): number {
  const { client } = session();
  const runs = new Map<number, number>();
  const run = client.run;
  client.run = (plan, ...rest) => {
    runs.set(plan, (runs.get(plan) ?? 0) + 1);
    return run.call(client, plan, ...rest);
  };
  try {
    work();
  } finally {
    client.run = run;
  }
  const [[most]] = [...runs].sort(([, a], [, b]) => b - a) as [[number, number]];
  return most;
}

/** The graph that it was made from, where `work` makes it. */
export function graphRunMost(work: () => void): GraphSpec {
  const { client } = session();
  const graphs = new Map<number, GraphSpec>();
  const define = client.define;
  client.define = (plan, graph, where) => {
    graphs.set(plan, graph);
    define.call(client, plan, graph, where);
  };
  try {
    return graphs.get(planRunMost(work))!;
  } finally {
    client.define = define;
  }
}
