// float16 in functions that are put together from several operations: computed in float32 and rounded once at the end.

import { promote } from "../graph/dtype.js";
import type { Node } from "../graph/node.js";
import { cast } from "../graph/ops/index.js";

/** `op` of the inputs; where these are float16, of their values as float32, with the result as float16. */
export function roundedOnce<I extends readonly Node[]>(op: (...inputs: I) => Node, ...inputs: I): Node {
  if (!inputs.some(({ dtype }) => dtype === "float16")) return op(...inputs);
  const half = inputs.reduce((dtype, input) => promote(dtype, input.dtype), inputs[0]!.dtype) === "float16";
  const result = op(...(inputs.map((x) => (x.dtype === "float16" ? cast(x, "float32") : x)) as unknown as I));
  return half && result.dtype === "float32" ? cast(result, "float16") : result;
}
