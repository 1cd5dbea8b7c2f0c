// Matrix products: square ones, many queued at a time, and a layer of 4,096 at a batch of 8,192; the peer is the BLAS below NumPy.

import * as gb from "gradbook";
import { session } from "gradbook/tensor/session";
import type { Workload } from "../workload.ts";

const { manualSeed, tensor } = gb;

/** [m, k, n], and how many are queued: a round of the larger ones takes about a second. */
const SIZES = {
  "matmul-256": [[256, 256, 256], 50],
  "matmul-1024": [[1024, 1024, 1024], 50],
  "matmul-2048": [[2048, 2048, 2048], 10],
  "matmul-8192x4096": [[8192, 4096, 4096], 1],
} as const;

export const products: Record<string, Workload> = Object.fromEntries(
  Object.entries(SIZES).map(([name, [[m, k, n], queued]]): [string, Workload] => [
    name,
    {
      title: `matrix product ${m} x ${k} x ${n}, ${queued} queued at a time`,
      peers: ["openblas"],
      twin: { module: "matmul", argument: [m, k, n].join(" ") },
      check: { iterations: 1, tolerance: 1e-4 },
      queued,
      prepare: async () => {
        manualSeed(42);
        // whole numbers, so that both sides have the same without PyTorch's generator
        const operand = (rows: number, columns: number, step: number): gb.Tensor => {
          const values = Float32Array.from({ length: rows * columns }, (_, i) => ((i * step) % 17) - 8);
          return tensor(values).reshape(rows, columns).realize();
        };
        const [a, b] = [operand(m, k, 5), operand(k, n, 7)];
        let product = a;
        return {
          run(iterations) {
            for (let i = 0; i < iterations; i++) {
              if (product !== a) product.dispose();
              product = a.matmul(b).realize();
            }
            session().client.synchronize();
          },
          value: () => product.abs().mean().item(),
        };
      },
    },
  ]),
);
