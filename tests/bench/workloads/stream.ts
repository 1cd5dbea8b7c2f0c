// A copy between tensors that do not fit into the inner caches: how fast this machine reads and writes. Not a row of its own;
// the table of kernels is measured against it.

import * as gb from "gradbook";
import { session } from "gradbook/tensor/session";
import { STREAM_BYTES } from "../kernels.ts";
import type { Task } from "../workload.ts";

export async function streamTask(): Promise<Task> {
  const x = gb.tensor.zeros(STREAM_BYTES / 8).realize();
  return {
    run(iterations) {
      for (let i = 0; i < iterations; i++) x.add(1).realize().dispose();
      session().client.synchronize();
    },
    value: () => 0,
  };
}
