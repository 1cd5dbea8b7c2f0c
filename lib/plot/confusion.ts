// Which classes are taken for which.

import { checkNames } from "../tensor/arguments.js";
import { Tensor } from "../tensor/tensor.js";
import { Figure } from "./figure.js";

export interface ConfusionOptions {
  /** Names of the classes; their numbers if not given. */
  classNames?: readonly string[];
}

/** A confusion matrix, rows being the labels and columns the predictions; colour is the share of the row, the text says how many.
 *  `counts`: as `ConfusionMatrix.compute()` gives them, or a tensor `[C, C]`.
 *
 *  @example
 *  const confusion = new gb.train.ConfusionMatrix(2);
 *  confusion.update(tensor([[2, 1], [0, 3]]), tensor([0, 1], { dtype: "int32" }));
 *  plot.confusion(confusion.compute(), { classNames: ["cat", "dog"] }) */
export function confusion(
  counts: readonly (readonly number[])[] | Tensor,
  options: ConfusionOptions = {},
): Figure {
  const matrix = (counts instanceof Tensor ? counts.toArray() : counts) as readonly (readonly number[])[];
  const classes = Array.isArray(matrix) ? matrix.length : 0;
  if (classes === 0 || matrix.some((row) => !Array.isArray(row) || row.length !== classes)) {
    throw new RangeError("plot.confusion: needs a square matrix of counts, [C, C]");
  }
  checkNames("plot.confusion", options, ["classNames"]);
  const names = options.classNames ?? Array.from({ length: classes }, (_, i) => String(i));
  if (names.length !== classes) {
    throw new RangeError(`plot.confusion: ${names.length} classNames for ${classes} classes`);
  }
  const totals = matrix.map((row) => row.reduce((a, b) => a + b, 0));
  const shares = matrix.map((row, i) => row.map((count) => (totals[i] === 0 ? 0 : count / totals[i]!)));
  return new Figure(
    {
      data: [
        {
          type: "heatmap",
          x: names,
          y: names,
          z: shares,
          zmin: 0,
          zmax: 1,
          colorscale: "Blues",
          reversescale: true,
          text: matrix.map((row) => row.map(String)),
          texttemplate: "%{text}",
          hovertemplate: "%{y} taken for %{x}: %{text} (%{z:.1%})<extra></extra>",
          colorbar: { title: { text: "share of row" }, tickformat: ".0%" },
        },
      ],
      layout: {
        title: { text: "Confusion" },
        xaxis: { title: { text: "prediction" }, type: "category" },
        yaxis: { title: { text: "label" }, type: "category", autorange: "reversed", scaleanchor: "x" },
        height: 440,
      },
    },
    describe(matrix, names),
  );
}

const WORST = 3;

function describe(matrix: readonly (readonly number[])[], names: readonly string[]): string {
  const all = matrix.flat().reduce((a, b) => a + b, 0);
  const right = matrix.reduce((sum, row, i) => sum + row[i]!, 0);
  const mistakes = matrix.flatMap((row, i) =>
    row.flatMap((count, j) =>
      i === j || count === 0 ? [] : [{ count, text: `${names[i]} taken for ${names[j]}: ${count}` }],
    ),
  );
  const worst = mistakes.sort((a, b) => b.count - a.count).slice(0, WORST);
  const share = all === 0 ? "" : ` (${((100 * right) / all).toFixed(1)} %)`;
  return [`${right} of ${all} right${share}`, ...worst.map(({ text }) => `  ${text}`)].join("\n");
}
