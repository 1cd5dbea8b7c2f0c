// Square matrix products, many queued at a time; the peer is the BLAS below NumPy.

import * as gb from "gradbook";
import { session } from "gradbook/tensor/session";
import type { Workload } from "../workload.ts";

const { manualSeed, tensor } = gb;

/** Extent, and how many are queued: a round of the largest takes about a second with ten. */
const SIZES = { "matmul-256": [256, 50], "matmul-1024": [1024, 50], "matmul-2048": [2048, 10] } as const;

export const products: Record<string, Workload> = Object.fromEntries(
  Object.entries(SIZES).map(([name, [n, queued]]): [string, Workload] => [
    name,
    {
      title: `matrix product ${n} x ${n} x ${n}, ${queued} queued at a time`,
      peers: ["openblas"],
      twin: { module: "matmul", argument: String(n) },
      check: { iterations: 1, tolerance: 1e-4 },
      queued,
      prepare: async () => {
        manualSeed(42);
        // whole numbers, so that both sides have the same without PyTorch's generator
        const operand = (step: number): gb.Tensor =>
          tensor(Float32Array.from({ length: n * n }, (_, i) => ((i * step) % 17) - 8)).reshape(n, n);
        const [a, b] = [operand(5).realize(), operand(7).realize()];
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
