// A batch of pictures in a grid.

import { formatShape } from "../graph/shape.js";
import { checkNames } from "../tensor/arguments.js";
import { Tensor } from "../tensor/tensor.js";
import { Figure } from "./figure.js";

export interface ImagesOptions {
  /** What stands above each picture. */
  titles?: readonly string[];
  /** Pictures in a row (8). */
  columns?: number;
  /** The values that are black and white; by default the least and the largest. */
  range?: readonly [black: number, white: number];
}

/** Only so many are drawn. */
const MOST = 64;
/** Points between pictures, and for the title above one, as shares of a picture's height. */
const GAP = 0.08;
const TITLE = 0.22;

/** Pictures in a grid, zoomable, with titles: `[N, H, W]`, `[N, 1, H, W]` or `[N, 3, H, W]`; a single one `[H, W]`.
 *
 *  @example plot.images(tensor.rand(4, 1, 28, 28), { titles: ["shirt", "bag", "coat", "boot"] }) */
export function images(batch: Tensor, options: ImagesOptions = {}): Figure {
  if (!(batch instanceof Tensor)) throw new TypeError("plot.images: needs a tensor");
  const [count, channels, height, width] = shapeOf(batch.shape);
  checkNames("plot.images", options, ["titles", "columns", "range"]);
  const { titles, columns = 8 } = options;
  const shown = Math.min(count, MOST);
  const across = Math.max(1, Math.min(columns, shown));
  const down = Math.ceil(shown / across);
  const values = Float64Array.from(batch.toTypedArray() as ArrayLike<number>);
  const [black, white] = options.range ?? [
    values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY),
    values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY),
  ];
  const gap = Math.max(1, Math.round(GAP * height));
  const top = titles === undefined ? gap : Math.max(gap, Math.round(TITLE * height));
  const pixels = Array.from({ length: down * (height + top) }, () =>
    Array.from({ length: across * (width + gap) - gap }, () => [255, 255, 255, 0]),
  );
  const level = (value: number): number =>
    Math.round(255 * Math.max(0, Math.min(1, white > black ? (value - black) / (white - black) : 0)));
  for (let image = 0; image < shown; image++) {
    const [left, above] = corner(image);
    for (let i = 0; i < height; i++) {
      for (let j = 0; j < width; j++) {
        const at = (channel: number): number =>
          values[((image * channels + (channels === 1 ? 0 : channel)) * height + i) * width + j]!;
        pixels[above + i]![left + j] = [level(at(0)), level(at(1)), level(at(2)), 1];
      }
    }
  }
  function corner(image: number): [number, number] {
    return [(image % across) * (width + gap), Math.floor(image / across) * (height + top) + top];
  }
  const labels = (titles ?? []).slice(0, shown).map((text, image) => {
    const [left, above] = corner(image);
    const place = { x: left + (width - 1) / 2, y: above - 0.5, xanchor: "center", yanchor: "bottom" };
    return { text, ...place, showarrow: false, font: { size: 11 } };
  });
  const hidden = { visible: false, showgrid: false, zeroline: false };
  return new Figure(
    {
      data: [{ type: "image", z: pixels, colormodel: "rgba", hoverinfo: "skip" }],
      layout: {
        xaxis: hidden,
        yaxis: { ...hidden, scaleanchor: "x" },
        annotations: labels,
        margin: { l: 8, r: 8, t: 8, b: 8 },
        height: Math.min(720, 16 + Math.ceil((720 / (across * (width + gap))) * down * (height + top))),
      },
    },
    `${count} ${count === 1 ? "image" : "images"} of ${height} x ${width}${channels === 3 ? ", in colour" : ""}` +
      `${shown < count ? `, the first ${shown} shown` : ""}${titles === undefined ? "" : `: ${titles.slice(0, shown).join(", ")}`}`,
  );
}

function shapeOf(shape: readonly number[]): [count: number, channels: number, height: number, width: number] {
  const [a = 0, b = 0, c = 0, d = 0] = shape;
  if (shape.length === 2) return [1, 1, a, b];
  if (shape.length === 3) return [a, 1, b, c];
  if (shape.length === 4 && (b === 1 || b === 3)) return [a, b, c, d];
  throw new RangeError(
    `plot.images: needs [H, W], [N, H, W], [N, 1, H, W] or [N, 3, H, W], got ${formatShape(shape)}`,
  );
}
