// explain(): what computing tensors does, as a text.

import type { Explanation, KernelExplanation } from "../compute/engine/explanation.js";
import { session } from "./session.js";
import type { Tensor } from "./tensor.js";

/** As many as a notebook has room for beside its monitor, in a window of 1280 pixels. */
const COLUMNS = 62;
const SHAPE_COLUMNS = 22;

/** What computing these tensors does: the graph in short, then the fused kernels in the order in which they run, with the
 *  operations they compute, floating-point operations, and the bytes of what they read and write.
 *
 *  Tensors that are not computed yet are computed by one plan, which is made and not run. Of a tensor that has been computed, the
 *  plan that did it is shown, for example the whole training step of a loss, with the time of each kernel on this machine:
 *  alone, on zeros, its data in the cache as far as they fit.
 *
 *  @example
 *  const x = tensor.randn(8, 4);
 *  console.log(gb.explain(x.mul(2).exp().sum(1))); // one kernel, sum: mul exp */
export function explain(...tensors: readonly Tensor[]): string {
  const explanation = session().explain(tensors.map(({ storage }) => storage.node));
  return explanation === undefined
    ? "Nothing is computed: the values were given as data."
    : formatExplanation(explanation);
}

/** An explanation as text. */
export function formatExplanation(explanation: Explanation): string {
  const { graph, kernels, arenaBytes, movedBytes, traffic, seconds } = explanation;
  const nodes = Object.values(graph).reduce((sum, count) => sum + count, 0);
  const counts = Object.entries(graph).map(([op, count]) => (count === 1 ? op : `${op} ${count}`));
  const sum = (of: (kernel: KernelExplanation) => number): number =>
    kernels.reduce((all, kernel) => all + of(kernel), 0);
  const totals = [
    counted(kernels.length, "kernel"),
    operations(sum((kernel) => kernel.operations)),
    `${bytes(sum((kernel) => kernel.bytes))} read and written`,
    `${bytes(arenaBytes)} of memory inside`,
    ...(movedBytes === 0 ? [] : [`${bytes(movedBytes)} moved between memories of 4 GiB so far`]),
    ...(seconds === undefined ? [] : [time(seconds)]),
  ];
  const onGpu =
    traffic &&
    `on the GPU: ${counted(traffic.submits, "submit")}, ${counted(traffic.passes, "pass", "passes")}, ` +
      `${counted(traffic.dispatches, "dispatch", "dispatches")}, ${bytes(traffic.bytes)} between host and GPU`;
  const alone = sum((kernel) => kernel.seconds ?? 0);
  return [
    ...wrap(`${nodes} nodes: ${counts.join(", ")}`, 2),
    ...wrap(totals.join(", "), 2),
    ...(onGpu === undefined ? [] : wrap(onGpu, 2)),
    ...kernels.flatMap((kernel, i) => describe(kernel, i + 1, alone)),
  ].join("\n");
}

function describe(kernel: KernelExplanation, number: number, alone: number): string[] {
  const { shape, name, how, seconds } = kernel;
  const [first = "", ...rest] = wrap(shape, 0, SHAPE_COLUMNS);
  const columns = [
    operations(kernel.operations).padStart(11),
    bytes(kernel.bytes).padStart(10),
    ...(seconds === undefined
      ? []
      : [time(seconds).padStart(9), `${Math.round((seconds / alone) * 100)} %`.padStart(5)]),
  ];
  const head = `${String(number).padStart(3)}  ${first.padEnd(SHAPE_COLUMNS)}${columns.join("")}`;
  const indented = (text: string): string[] => wrap(text, 0, COLUMNS - 7).map((line) => `       ${line}`);
  return [head, ...rest.map((line) => `     ${line}`), ...indented(name), ...indented(`(${how})`)];
}

/** Lines of at most so many columns, the later ones indented. */
function wrap(text: string, indent: number, columns = COLUMNS): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > columns) {
      lines.push(line);
      line = " ".repeat(indent) + word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

const counted = (count: number, one: string, many = `${one}s`): string =>
  `${count} ${count === 1 ? one : many}`;

/** With three digits: 1.23 M, 12.3 M, 123 M. */
function scaled(value: number, units: readonly string[], step: number): string {
  let unit = 0;
  let rest = value;
  while (rest >= step && unit < units.length - 1) {
    rest /= step;
    unit++;
  }
  const digits = unit === 0 || rest >= 100 ? 0 : rest >= 10 ? 1 : 2;
  return `${rest.toFixed(digits)} ${units[unit]}`;
}

const operations = (count: number): string => scaled(count, ["FLOP", "kFLOP", "MFLOP", "GFLOP"], 1000);
const bytes = (count: number): string => scaled(count, ["B", "KiB", "MiB", "GiB"], 1024);
const time = (seconds: number): string => scaled(seconds * 1e9, ["ns", "us", "ms", "s"], 1000);
