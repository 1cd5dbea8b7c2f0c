// Comparing curves as they are drawn: SVG paths of straight lines.

type Point = readonly [x: number, y: number];

/** Pixels at the left edge that are left out: a loss falls so steeply there that a pixel sideways is many pixels down. */
const STEEP = 20;

function points(path: string): Point[] {
  return path.split(/[ML]/).flatMap((pair): Point[] => {
    const [x, y] = pair.split(",").map(Number);
    return x === undefined || y === undefined ? [] : [[x, y]];
  });
}

function heightAt(curve: readonly Point[], x: number): number {
  const right = curve.findIndex(([at]) => at >= x);
  if (right <= 0) return curve.at(right === 0 ? 0 : -1)![1];
  const [[x0, y0], [x1, y1]] = [curve[right - 1]!, curve[right]!];
  return y0 + ((y1 - y0) * (x - x0)) / (x1 - x0 || 1);
}

/**
 * How far two drawn curves are apart, in pixels: the mean distance in height over their width, or the difference of their
 * widths where that is more. Both keep fewer points the longer a run is, and not the same ones.
 */
export function apart(a: string, b: string): number {
  const [left, right] = [points(a), points(b)];
  if (left.length < 2 || right.length < 2) return Number.POSITIVE_INFINITY;
  const widths = [left.at(-1)![0], right.at(-1)![0]] as const;
  let sum = 0;
  let count = 0;
  for (let x = STEEP; x < Math.min(...widths); x++, count++) {
    sum += Math.abs(heightAt(left, x) - heightAt(right, x));
  }
  return count === 0 ? Number.POSITIVE_INFINITY : Math.max(sum / count, Math.abs(widths[0] - widths[1]));
}
