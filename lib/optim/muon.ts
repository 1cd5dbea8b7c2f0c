// Muon, for the weight matrices of hidden layers.

import type { Node } from "../graph/node.js";
import * as ops from "../graph/ops/index.js";
import { formatShape } from "../graph/shape.js";
import { type Callable, callable } from "../module/callable.js";
import { NOT_NEGATIVE, SHARE } from "./limits.js";
import { type GroupOptions, Optimizer, type Parameters, type ParamGroup, type State } from "./optimizer.js";
import { average, decayed, mix, number, scaled } from "./update.js";

export interface MuonOptions {
  /** Learning rate (1e-3). */
  lr?: number;
  /** Decoupled weight decay (0.1). */
  weightDecay?: number;
  /** Share of the momentum that is kept (0.95). */
  momentum?: number;
  /** Look ahead along the momentum (true). */
  nesterov?: boolean;
  /** Coefficients a, b, c of the iteration X <- a X + b (X Xᵀ) X + c (X Xᵀ)² X ([3.4445, -4.775, 2.0315]). */
  nsCoefficients?: readonly [number, number, number];
  /** The smallest norm the momentum is divided by (1e-7). */
  eps?: number;
  /** Iterations (5). */
  nsSteps?: number;
  /** How the learning rate depends on the matrix's shape: "original": times √max(1, rows / columns); "match_rms_adamw": times
   *  0.2 √max(rows, columns), so that AdamW's learning rates fit ("original"). */
  adjustLrFn?: "original" | "match_rms_adamw";
}

type Options = GroupOptions & Required<MuonOptions>;

const ADJUST: Readonly<Record<Options["adjustLrFn"], (rows: number, columns: number) => number>> = {
  original: (rows, columns) => Math.sqrt(Math.max(1, rows / columns)),
  match_rms_adamw: (rows, columns) => 0.2 * Math.sqrt(Math.max(rows, columns)),
};

/** About the nearest matrix with orthonormal rows or columns: singular values are driven to between 0.7 and 1.2. */
function orthogonalized(matrix: Node, { nsCoefficients, nsSteps, eps }: Options): Node {
  const [a, b, c] = nsCoefficients;
  const tall = matrix.shape[0]! > matrix.shape[1]!;
  let x = tall ? ops.transposeLast(matrix) : matrix;
  const norm = ops.sqrt(ops.reduce("sum", ops.mul(x, x), [0, 1]));
  x = ops.div(x, ops.maximum(norm, number(eps)));
  for (let i = 0; i < nsSteps; i++) {
    const gram = ops.matmul(x, ops.transposeLast(x));
    const polynomial = ops.add(scaled(gram, b), scaled(ops.matmul(gram, gram), c));
    x = ops.add(scaled(x, a), ops.matmul(polynomial, x));
  }
  return tall ? ops.transposeLast(x) : x;
}

class MuonOptimizer extends Optimizer<Options> {
  constructor(parameters: Parameters<MuonOptions>, options: MuonOptions = {}) {
    const {
      lr = 1e-3,
      weightDecay = 0.1,
      momentum = 0.95,
      nesterov = true,
      nsCoefficients = [3.4445, -4.775, 2.0315],
      eps = 1e-7,
      nsSteps = 5,
      adjustLrFn = "original",
    } = options;
    super(
      parameters,
      options,
      { lr, weightDecay, momentum, nesterov, nsCoefficients, eps, nsSteps, adjustLrFn },
      {
        weightDecay: NOT_NEGATIVE,
        momentum: SHARE,
        eps: NOT_NEGATIVE,
        nsSteps: { holds: (value) => Number.isInteger(value) && value > 0, wanted: "a whole number > 0" },
      },
    );
  }

  protected override check({ params, adjustLrFn }: ParamGroup<Options>): void {
    for (const { shape } of params) {
      if (shape.length === 2) continue;
      throw new RangeError(
        `Muon: only changes matrices, got a parameter of shape ${formatShape(shape)}. Give it the weights of hidden ` +
          "linear layers, and biases, norms, embeddings and the output layer to another optimizer (AdamW)",
      );
    }
    if (!(adjustLrFn in ADJUST)) {
      const known = Object.keys(ADJUST).join(" or ");
      throw new RangeError(`Muon: adjustLrFn must be ${known}, got ${String(adjustLrFn)}`);
    }
  }

  protected override get elementwise(): boolean {
    return false;
  }

  protected override update(parameter: Node, gradient: Node, group: ParamGroup<Options>, state: State): Node {
    const velocity = average(state, "momentum_buffer", gradient, group.momentum);
    const ahead = group.nesterov ? mix(velocity, gradient, group.momentum) : velocity;
    const [rows, columns] = parameter.shape as readonly [number, number];
    const lr = group.lr * ADJUST[group.adjustLrFn](rows, columns);
    return ops.sub(decayed(parameter, group), scaled(orthogonalized(ahead, group), lr));
  }
}

/** Momentum made orthogonal: the step of a matrix has (about) equal singular values, so that rare directions count, too.
 *  m <- μ m + (1 - μ) g, u = (1 - μ) g + μ m, p <- p (1 - lr weightDecay) - lr s NewtonSchulz(u), where s depends on the
 *  shape. Jordan et al. 2024 ("Muon: an optimizer for hidden layers in neural networks"); "match_rms_adamw": Liu et al. 2025,
 *  section 2.2. PyTorch iterates in bfloat16; here it is float32.
 *
 *  @example new optim.Muon([model[0].weight, model[2].weight], { lr: 0.02 }) */
export const Muon: Callable<typeof MuonOptimizer> = callable(MuonOptimizer, "Muon");
export type Muon = MuonOptimizer;
