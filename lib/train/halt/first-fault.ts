// Where the first number that is not finite came from: which operation made it, in which layer. Looked for once something has
// gone wrong, by computing every value of the step anew.

import { type Node, newWalk, type Tape } from "../../graph/node.js";
import * as ops from "../../graph/ops/index.js";
import type { HookHandle, Module } from "../../module/index.js";
import { gradientsOf } from "../../tensor/autograd.js";
import { noGrad } from "../../tensor/scope.js";
import { session } from "../../tensor/session.js";
import { Tensor } from "../../tensor/tensor.js";

/** What made the first NaN or infinity. */
export interface FirstFault {
  /** An operation, or its derivative; or it came from outside, in the batch or a parameter, and nothing computed it in this step. */
  readonly kind: "operation" | "derivative" | "batch" | "parameter";
  /** "log"; the parameter's name; "the batch". */
  readonly operation: string;
  /** Path and class of the module that computed it; undefined for the loss, which is outside of the model, and for what came from outside. */
  readonly layer: string | undefined;
}

/** One recorded operation, as it was before backward() let go of it. */
interface Recorded {
  readonly node: Node;
  readonly tape: Tape;
}

/** Everything that a loss was computed from, inputs first. */
function recordedBelow(root: Node): Recorded[] {
  const walk = newWalk();
  const order: Recorded[] = [];
  const visit = (node: Node): void => {
    const stack: { node: Node; next: number }[] = [{ node, next: 0 }];
    node.seen = walk;
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const input = top.node.tape?.inputs[top.next++];
      if (input === undefined) {
        if (top.node.tape !== undefined) order.push({ node: top.node, tape: top.node.tape });
        stack.pop();
      } else if (input.seen !== walk) {
        input.seen = walk;
        stack.push({ node: input, next: 0 });
      }
    }
  };
  visit(root);
  return order;
}

/** Of each value, whether it has a NaN or an infinity. */
function faulty(nodes: readonly Node[]): boolean[] {
  const floats = nodes.filter(({ dtype }) => dtype === "float32");
  if (floats.length === 0) return nodes.map(() => false);
  // 0 where all are finite, else NaN
  const sums = noGrad(() =>
    floats.map((node) => {
      const value = Tensor.from(ops.detached(node));
      return value.mul(0).sum().reshape(1).storage.node;
    }),
  );
  const bytes = session().read(noGrad(() => ops.concat(sums, 0)));
  const values = new Float32Array(bytes.buffer, bytes.byteOffset, sums.length);
  const found = new Map(floats.map((node, i) => [node, Number.isNaN(values[i])]));
  return nodes.map((node) => found.get(node) ?? false);
}

/** Follows the steps of a model closely enough to tell where a fault came from. */
export class FaultFinder {
  private readonly names = new Map<Module, string>();
  private readonly parameters = new Map<Node, string>();
  private readonly model: Module;
  private outputs: { readonly name: string; readonly node: Node }[] = [];
  private root: Node | undefined;
  private recorded: Recorded[] = [];

  constructor(model: Module) {
    this.model = model;
    for (const [path, module] of model.namedModules()) {
      if (module.children().length === 0) this.names.set(module, `${path} (${module.constructor.name})`);
    }
  }

  attach(): HookHandle[] {
    return [...this.names].map(([module, name]) =>
      module.tapForward((_module, _inputs, output) => {
        if (output instanceof Tensor) this.outputs.push({ name, node: output.storage.node });
      }),
    );
  }

  begin(): void {
    this.outputs = [];
    this.recorded = [];
    this.root = undefined;
  }

  /** The loss is about to be differentiated, which lets go of its graph. */
  addLoss(root: Node): void {
    this.root = root;
    this.recorded = recordedBelow(root);
    this.parameters.clear();
    for (const [name, { storage }] of this.model.namedParameters()) this.parameters.set(storage.node, name);
  }

  /** What made the first fault of this step; undefined where all values and gradients are finite. */
  find(): FirstFault | undefined {
    const { recorded } = this;
    const made = new Map(recorded.map(({ node, tape }) => [node, tape]));
    const given = [...new Set(recorded.flatMap(({ tape }) => tape.inputs))].filter((node) => !made.has(node));
    const values = [...given, ...recorded.map(({ node }) => node)];
    const bad = values[faulty(values).indexOf(true)];
    if (bad === undefined) return this.inGradients();
    const tape = made.get(bad);
    if (tape !== undefined) return { kind: "operation", operation: tape.op, layer: this.layerOf(bad) };
    const name = this.parameters.get(bad);
    if (name === undefined) return { kind: "batch", operation: "the batch", layer: undefined };
    return { kind: "parameter", operation: name, layer: undefined };
  }

  private inGradients(): FirstFault | undefined {
    const { recorded, root } = this;
    if (root === undefined) return undefined;
    for (const { node, tape } of recorded) node.tape = tape;
    const inner = [...new Set(recorded.flatMap(({ node, tape }) => [node, ...tape.inputs]))].filter(
      (node) => node.requiresGrad && node !== root,
    );
    const gradients = gradientsOf([root], inner, [undefined], { retainGraph: true, createGraph: false });
    const bad = faulty(gradients.map((gradient) => gradient ?? ops.full([1], 0, "float32")));
    const faults = new Set(inner.filter((_, i) => bad[i]));
    // the last operation whose own gradient is fine
    const maker = recorded.findLast(
      ({ node, tape }) => !faults.has(node) && tape.inputs.some((input) => faults.has(input)),
    );
    return maker && { kind: "derivative", operation: maker.tape.op, layer: this.layerOf(maker.node) };
  }

  /** The module that a value was computed in: the first one whose output it leads to; undefined outside of the model. */
  private layerOf(node: Node): string | undefined {
    const inputs = new Map(this.recorded.map(({ node: own, tape }) => [own, tape.inputs]));
    const walk = newWalk();
    for (const { name, node: output } of this.outputs) {
      const stack = [output];
      for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
        if (at.seen === walk) continue;
        at.seen = walk;
        if (at === node) return name;
        stack.push(...(inputs.get(at) ?? []));
      }
    }
    return undefined;
  }
}
