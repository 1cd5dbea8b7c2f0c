// Functions with a derivative of one's own.

import { isGradEnabled, type Node, withGradMode, withGradModeNow } from "../../graph/node.js";
import * as ops from "../../graph/ops/index.js";
import { elements, formatShape, sameShape } from "../../graph/shape.js";
import { Tensor } from "../tensor.js";

/** What passes from a function's `forward` to its `backward`. Own fields may be added. */
export interface FunctionContext {
  /** What `forward` has saved. */
  readonly savedTensors: readonly Tensor[];
  /** For each argument of `forward`, whether its gradient is asked for. */
  readonly needsInputGrad: readonly boolean[];
  /** Keeps tensors for `backward`: arguments, results, or others. */
  saveForBackward(...tensors: Tensor[]): void;
  [name: string]: unknown;
}

/** A gradient for each argument of `forward`: null or undefined where it has none. */
type Gradients = Tensor | null | undefined | readonly (Tensor | null | undefined)[];

/** The two static methods that make a function. */
interface FunctionClass<A extends unknown[], R extends Tensor | readonly Tensor[]> {
  readonly name: string;
  forward(context: FunctionContext, ...args: A): R;
  backward(context: FunctionContext, ...gradients: Tensor[]): Gradients;
}

class Context implements FunctionContext {
  savedTensors: readonly Tensor[] = [];
  needsInputGrad: readonly boolean[] = [];
  [name: string]: unknown;

  saveForBackward(...tensors: Tensor[]): void {
    this.savedTensors = tensors;
  }
}

/** An operation whose derivative is written by hand. A subclass has static methods `forward(context, ...args)`, which computes
 *  without recording, and `backward(context, ...gradients)`, which gets the gradient of each result and gives one for each
 *  argument. Written with differentiable operations, `backward` can be differentiated again.
 *
 *  @example
 *  class Exp extends tensor.autograd.Function {
 *    static forward(context: gb.autograd.FunctionContext, value: gb.Tensor) {
 *      const result = value.exp();
 *      context.saveForBackward(result);
 *      return result;
 *    }
 *    static backward(context: gb.autograd.FunctionContext, gradient: gb.Tensor) {
 *      return gradient.mul(context.savedTensors[0]!);
 *    }
 *  }
 *  const t = tensor([0], { requiresGrad: true });
 *  Exp.apply(t).backward();
 *  t.grad // [1] */
// biome-ignore lint/complexity/noStaticOnlyClass: as in PyTorch, a function is a class that is never made
export abstract class AutogradFunction {
  static apply<A extends unknown[], R extends Tensor | readonly Tensor[]>(
    this: FunctionClass<A, R>,
    ...args: A
  ): R {
    // biome-ignore lint/complexity/noThisInStatic: the subclass that `apply` is called on
    return run(this, args);
  }
}

function run<A extends unknown[], R extends Tensor | readonly Tensor[]>(
  operation: FunctionClass<A, R>,
  args: A,
): R {
  const { name } = operation;
  const context = new Context();
  const tensors = args.flatMap((arg, place) => (arg instanceof Tensor ? [{ arg, place }] : []));
  context.needsInputGrad = args.map((arg) => arg instanceof Tensor && arg.requiresGrad);
  const recorded = isGradEnabled() && context.needsInputGrad.includes(true);
  const result = withGradMode(false, () => operation.forward(context, ...args));
  if (!recorded) return result;
  const inputs = tensors.map(({ arg }) => arg.node);
  const derivative = (gradients: Tensor[]): (Node | undefined)[] => {
    const given = operation.backward(context, ...gradients);
    const list: readonly (Tensor | null | undefined)[] = Array.isArray(given) ? given : [given as Tensor];
    if (list.length > args.length) {
      throw new RangeError(
        `${name}.backward gave ${list.length} gradients for the ${args.length} arguments of forward`,
      );
    }
    return tensors.map(({ arg, place }) => checked(name, list[place], arg, place));
  };
  return (
    result instanceof Tensor
      ? single(name, result, inputs, derivative)
      : several(name, result as readonly Tensor[], inputs, derivative)
  ) as R;
}

function checked(
  name: string,
  gradient: Tensor | null | undefined,
  arg: Tensor,
  place: number,
): Node | undefined {
  if (gradient === null || gradient === undefined) return undefined;
  if (sameShape(gradient.shape, arg.shape)) return gradient.node;
  throw new RangeError(
    `${name}.backward gave a gradient ${formatShape(gradient.shape)} for argument ${place}, which is ${formatShape(arg.shape)}`,
  );
}

/** Makes `node` the result of the function. */
function tape(
  name: string,
  node: Node,
  inputs: readonly Node[],
  derivative: (gradient: Node) => readonly (Node | undefined)[],
): void {
  node.requiresGrad = true;
  node.tape = { op: name, inputs, attributes: {}, derivative: ({ gradient }) => derivative(gradient) };
}

function single(
  name: string,
  result: Tensor,
  inputs: readonly Node[],
  derivative: (gradients: Tensor[]) => (Node | undefined)[],
): Tensor {
  // an argument that is given back is not to be changed
  const own = result.requiresGrad
    ? Tensor.from(withGradModeNow(false, () => ops.identity(result.node)))
    : result;
  tape(name, own.storage.node, inputs, (gradient) => derivative([Tensor.from(gradient)]));
  return own;
}

/** Several results are parts of one, so that `backward` gets the gradients of all of them at once. */
function several(
  name: string,
  results: readonly Tensor[],
  inputs: readonly Node[],
  derivative: (gradients: Tensor[]) => (Node | undefined)[],
): Tensor[] {
  const floats = results.filter(({ dtype }) => dtype === "float32");
  const all = withGradMode(false, () =>
    ops.identity(
      ops.concat(
        floats.map(({ node }) => ops.reshape(node, [elements(node.shape)])),
        0,
      ),
    ),
  );
  const parts = (whole: Node): Map<Tensor, Tensor> => {
    let start = 0;
    return new Map(
      floats.map((result) => {
        const count = elements(result.shape);
        start += count;
        const part = ops.slice(whole, [start - count], [count]);
        return [result, Tensor.from(ops.reshape(part, result.shape))];
      }),
    );
  };
  tape(name, all, inputs, (gradient) => {
    const gradients = parts(gradient);
    return derivative(results.map((result) => gradients.get(result) ?? result));
  });
  const own = parts(all);
  return results.map((result) => own.get(result) ?? result);
}
