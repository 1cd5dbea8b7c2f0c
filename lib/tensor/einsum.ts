// Einstein's summation: products of any number of tensors over named axes.

import type { Node } from "../graph/node.js";
import * as ops from "../graph/ops/index.js";
import { elements, formatShape } from "../graph/shape.js";
import { diagonal } from "./matrices.js";

/** A tensor whose axes have names, no two the same. */
interface Named {
  readonly node: Node;
  readonly names: readonly string[];
}

const ELLIPSIS = /\.\.\./;
const LETTERS = /^[A-Za-z]*$/;

/** `equation` is "ij,jk->ik": a letter for each axis of each operand, and those of the result. Letters that are not in the result are
 *  summed over; without "->" the result has the letters that occur once, sorted. "..." stands for further leading axes. */
export function einsum(equation: string, operands: readonly Node[]): Node {
  const fail = (reason: string): never => {
    const shapes = operands.map(({ shape }) => formatShape(shape)).join(", ");
    throw new RangeError(`einsum: ${JSON.stringify(equation)} with ${shapes}: ${reason}`);
  };
  const [left, right, ...more] = equation.replace(/\s/g, "").split("->");
  const terms = left!.split(",");
  if (more.length > 0 || terms.length !== operands.length) {
    fail(`it has ${terms.length} operands, but ${operands.length} are given`);
  }
  const named = operands.map((node, i) => {
    const term = terms[i]!;
    const letters = term.replace(ELLIPSIS, "");
    if (!LETTERS.test(letters)) fail(`${JSON.stringify(term)} is not made of letters`);
    const extra = node.shape.length - letters.length;
    if (extra < 0 || (extra > 0 && !ELLIPSIS.test(term))) {
      fail(`${JSON.stringify(term)} has ${letters.length} letters for ${node.shape.length} dims`);
    }
    // the axes of "..." are numbered from the last one, so that they are broadcast like all others
    const dots = Array.from({ length: extra }, (_, d) => `.${extra - d}`);
    const [before] = term.split("...");
    const at = ELLIPSIS.test(term) ? before!.length : letters.length;
    return distinct({ node, names: [...letters.slice(0, at), ...dots, ...letters.slice(at)] });
  });
  const extents = commonExtents(named, fail);
  const result = resultNames(right, terms, named, fail);
  const known = result.find((name) => !extents.has(name));
  if (known !== undefined) fail(`"${known}" is in the result, but in no operand`);
  const product = named.reduce((a, b, i) => {
    const later = named.slice(i + 1).flatMap(({ names }) => names);
    return contract(a, b, new Set([...result, ...later]), extents);
  });
  return arranged(product, result, extents);
}

/** The diagonal of axes with the same name. */
function distinct({ node, names }: Named): Named {
  for (const [second, name] of names.entries()) {
    const first = names.indexOf(name);
    if (first === second) continue;
    const rest = names.filter((_, i) => i !== first && i !== second);
    return distinct({ node: diagonal(node, 0, first, second), names: [...rest, name] });
  }
  return { node, names };
}

function commonExtents(
  named: readonly Named[],
  fail: (reason: string) => never,
): ReadonlyMap<string, number> {
  const extents = new Map<string, number>();
  for (const { node, names } of named) {
    names.forEach((name, i) => {
      const extent = node.shape[i]!;
      const before = extents.get(name) ?? 1;
      if (before !== 1 && extent !== 1 && before !== extent) {
        fail(`"${name}" has extents ${before} and ${extent}`);
      }
      extents.set(name, before === 1 ? extent : before);
    });
  }
  return extents;
}

function resultNames(
  right: string | undefined,
  terms: readonly string[],
  named: readonly Named[],
  fail: (reason: string) => never,
): string[] {
  const dots = [...new Set(named.flatMap(({ names }) => names.filter((name) => name.startsWith("."))))];
  dots.sort((a, b) => Number(b.slice(1)) - Number(a.slice(1)));
  if (right === undefined) {
    const letters = terms.join("").replaceAll(".", "");
    const once = [...new Set(letters)].filter((letter) => letters.split(letter).length === 2);
    return [...dots, ...once.sort()];
  }
  const letters = right.replace(ELLIPSIS, "");
  if (!LETTERS.test(letters) || new Set(letters).size < letters.length) {
    fail(`the result ${JSON.stringify(right)} must name each axis once`);
  }
  const [before, after = ""] = right.split("...");
  return ELLIPSIS.test(right) ? [...before!, ...dots, ...after] : [...letters];
}

/** Sums away the axes that nobody needs. */
function summed({ node, names }: Named, needed: ReadonlySet<string>): Named {
  const axes = names.flatMap((name, i) => (needed.has(name) ? [] : [i]));
  return { node: ops.reduce("sum", node, axes), names: names.filter((name) => needed.has(name)) };
}

/** The product of two as a stack of matrix products: common axes that are needed later are the stack, others are summed. */
function contract(
  a: Named,
  b: Named,
  needed: ReadonlySet<string>,
  extents: ReadonlyMap<string, number>,
): Named {
  const x = summed(a, new Set([...needed, ...b.names]));
  const y = summed(b, new Set([...needed, ...a.names]));
  const common = x.names.filter((name) => y.names.includes(name));
  const stack = common.filter((name) => needed.has(name));
  const inner = common.filter((name) => !needed.has(name));
  const rows = x.names.filter((name) => !common.includes(name));
  const columns = y.names.filter((name) => !common.includes(name));
  const size = (names: readonly string[]): number => elements(names.map((name) => extents.get(name)!));
  const matrix = (one: Named, order: readonly string[], shape: readonly number[]): Node =>
    ops.reshape(arranged(one, order, extents), [...stack.map((name) => extents.get(name)!), ...shape]);
  const product = ops.matmul(
    matrix(x, [...stack, ...rows, ...inner], [size(rows), size(inner)]),
    matrix(y, [...stack, ...inner, ...columns], [size(inner), size(columns)]),
  );
  const names = [...stack, ...rows, ...columns];
  return {
    node: ops.reshape(
      product,
      names.map((name) => extents.get(name)!),
    ),
    names,
  };
}

/** The axes in this order and stretched to their common extents; those that are not named are summed. */
function arranged(one: Named, order: readonly string[], extents: ReadonlyMap<string, number>): Node {
  const { node, names } = summed(one, new Set(order));
  const sorted = ops.permute(
    node,
    order.filter((name) => names.includes(name)).map((name) => names.indexOf(name)),
  );
  let axis = 0;
  const shape = order.map((name) => (names.includes(name) ? sorted.shape[axis++]! : 1));
  return ops.broadcastTo(
    ops.reshape(sorted, shape),
    order.map((name) => extents.get(name)!),
  );
}
