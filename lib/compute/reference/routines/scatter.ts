// Writing and adding to places that an index tensor names, in the order of the index: the same sums every time.

import { contiguousStrides } from "../../../graph/shape.js";
import { linesAlong, type Routine, type RoutineData, type RoutineTensor } from "./index.js";

/** Calls `visit(target, source)` for each element of `index`: where it goes in a tensor of `shape`, and its own place.
 *  Like PyTorch's scatter: target[..., index[p], ...] with the other coordinates of p. */
function each(
  index: RoutineTensor,
  shape: readonly number[],
  axis: number,
  visit: (target: number, source: number) => void,
): void {
  const { data, shape: extents } = index;
  const strides = contiguousStrides(shape);
  const at = extents.map(() => 0);
  for (let source = 0; source < data.length; source++) {
    let target = data[source]! * (strides[axis] ?? 1);
    for (let d = 0; d < at.length; d++) if (d !== axis) target += at[d]! * strides[d]!;
    visit(target, source);
    for (let d = at.length - 1; d >= 0 && ++at[d]! === extents[d]; d--) at[d] = 0;
  }
}

/** A copy of input 0 with the elements of input 2 at the places that input 1 names along `axis`; the last of several stays. */
export const scatter: Routine = ([x, index, values], output, { axis }) => {
  output.data.set(x!.data);
  each(index!, output.shape, axis as number, (target, source) => {
    output.data[target] = values!.data[source]!;
  });
};

/** Zeros, and to each place the sum of the elements of input 1 that input 0 sends there along `axis`. Where the index is 1-d
 *  and the values are not, whole slices are sent. */
export const scatterAdd: Routine = ([index, values], output, { axis }) => {
  // in double precision, so that long sums do not depend on where they are cut
  const sums =
    output.data instanceof Float32Array ? new Float64Array(output.data.length) : output.data.fill(0);
  if (index!.shape.length === 1 && values!.shape.length > 1) {
    addSlices(sums, output, index!.data, values!.data, axis as number);
  } else {
    each(index!, output.shape, axis as number, (target, source) => {
      sums[target]! += values!.data[source]!;
    });
  }
  if (sums !== output.data) output.data.set(sums);
};

function addSlices(
  sums: RoutineData | Float64Array,
  output: RoutineTensor,
  index: RoutineData,
  values: RoutineData,
  axis: number,
): void {
  const { outer, extent, inner } = linesAlong(output.shape, axis);
  let source = 0;
  for (let o = 0; o < outer; o++) {
    for (const row of index) {
      const target = (o * extent + row) * inner;
      for (let j = 0; j < inner; j++) sums[target + j]! += values[source++]!;
    }
  }
}
