// Which layers get their input from several places at once: a skip connection adds the outputs of two layers, others put them side
// by side. Seen in the graph of one forward pass.

import type { Node } from "../../graph/node.js";

export class Paths {
  /** Layers whose input comes from more than one of: the model's input, the other layers' outputs. */
  readonly joined: Set<number> = new Set();
  private readonly sources = new Set<Node>();

  addSource(value: Node): void {
    this.sources.add(value);
  }

  /** What comes into a layer; the layers before it have run. */
  addInput(layer: number, input: Node): void {
    const found = new Set<Node>();
    const seen = new Set<Node>();
    const waiting = [input];
    for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
      if (seen.has(node)) continue;
      seen.add(node);
      if (this.sources.has(node)) found.add(node);
      else waiting.push(...node.inputs);
    }
    if (found.size > 1) this.joined.add(layer);
  }
}
