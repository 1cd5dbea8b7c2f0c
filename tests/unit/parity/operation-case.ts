// One operation against PyTorch's: values, types, shapes and gradients.

import type * as gb from "gradbook";
import { decode, mismatch, type OperationCase, type Options } from "./golden.js";
import { fromGolden, operand } from "./library.js";
import { weightedSum } from "./weighted.js";

/** Runs the operation of a case; the outputs in PyTorch's order. */
export type OperationCall = (
  op: string,
  inputs: readonly gb.Tensor[],
  options: Options,
) => readonly gb.Tensor[];

/** What disagrees with the golden data, each in a line. */
export function operationDisagreements(call: OperationCall, golden: OperationCase): string[] {
  const { op, inputs, options, outputs, gradients } = golden;
  const bases = inputs.map((input, i) => fromGolden(input, gradients?.[i] != null));
  const operands = inputs.map((input, i) => operand(bases[i]!, input));
  const results = call(op, operands, options);
  const found: (string | undefined)[] = [];
  if (results.length !== outputs.length) return [`${results.length} outputs instead of ${outputs.length}`];
  // before the values are read, so that values and gradients come from one graph as they do in training
  if (gradients !== null) weightedSum(results).backward();
  outputs.forEach((expected, i) => {
    const actual = results[i]!;
    if (actual.dtype !== expected.dtype)
      found.push(`output ${i} is ${actual.dtype} instead of ${expected.dtype}`);
    if (`${actual.shape}` !== `${expected.shape}`)
      found.push(`output ${i} has shape [${actual.shape}] instead of [${expected.shape}]`);
    else found.push(mismatch(`output ${i}`, actual.toTypedArray(), decode(expected.data)));
  });
  gradients?.forEach((expected, i) => {
    if (expected === null) return;
    const { grad } = bases[i]!;
    if (grad === null) found.push(`input ${i} got no gradient`);
    else found.push(mismatch(`gradient ${i}`, grad.toTypedArray(), decode(expected)));
  });
  return found.filter((line) => line !== undefined);
}
