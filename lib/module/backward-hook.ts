// How a module learns of the gradients of its inputs and outputs: they pass through nodes of their own, which report them.

import * as ops from "../graph/ops/index.js";
import { Tensor } from "../tensor/tensor.js";
import { mapTensors } from "./values.js";

type Gradients = (Tensor | null)[];

/** One forward pass whose gradients are reported together, in each backward pass through it. */
export class BackwardWatch {
  private readonly report: (inputs: Gradients, outputs: Gradients) => void;
  private gradInputs: Gradients = [];
  private gradOutputs: Gradients = [];
  /** How many inputs, or outputs where no input needs a gradient, have to report. */
  private expected = 0;
  private seen = 0;
  private atOutputs = true;

  constructor(report: (inputs: Gradients, outputs: Gradients) => void) {
    this.report = report;
  }

  inputs(values: unknown[]): unknown[] {
    const result = this.tapped(values, this.gradInputs, () => this.arrived());
    this.atOutputs = this.expected === 0;
    return result as unknown[];
  }

  outputs(value: unknown): unknown {
    const expected = this.expected;
    const result = this.tapped(value, this.gradOutputs, () => {
      if (this.atOutputs) this.arrived();
    });
    if (!this.atOutputs) this.expected = expected;
    return result;
  }

  /** The tensors in `value` that need a gradient, each as a node of its own that puts its gradient into `gradients`. */
  private tapped(value: unknown, gradients: Gradients, arrived: () => void): unknown {
    return mapTensors(value, (tensor) => {
      const place = gradients.push(null) - 1;
      if (!tensor.requiresGrad) return tensor;
      this.expected++;
      const node = ops.identity(tensor.node);
      node.tap = (gradient) => {
        gradients[place] = Tensor.from(gradient);
        arrived();
      };
      return Tensor.from(node);
    });
  }

  private arrived(): void {
    if (++this.seen < this.expected) return;
    this.report([...this.gradInputs], [...this.gradOutputs]);
    // for another backward pass through the same graph
    this.seen = 0;
    this.gradInputs.fill(null);
    this.gradOutputs.fill(null);
  }
}
