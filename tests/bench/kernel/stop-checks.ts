// What the stop button costs: loops as a cell compiles them, with a check in each turn, beside the same loops without.

import { KernelClient } from "../../kernel/client.ts";
import { median, spread } from "../table.ts";

interface Loop {
  readonly name: string;
  /** The body of a function of `n`, the number of turns, and `a`, a Float64Array of 4096 numbers. */
  readonly body: string;
  readonly turns: number;
  /** The most that the checks may cost. */
  readonly limit?: number;
}

const LOOPS: readonly Loop[] = [
  {
    name: "floats",
    body: "let s = 0; for (let i = 0; i < n; i++) s = s * 0.999 + i * 0.5; return s;",
    turns: 2e7,
    limit: 1.1,
  },
  {
    name: "array",
    body: "let s = 0; for (let r = 0; r < n; r++) for (let i = 0; i < a.length; i++) s += a[i] * 0.5; return s;",
    turns: 5e3,
    limit: 1.1,
  },
  {
    name: "array, filled",
    body: "const m = a.length; for (let r = 0; r < n; r++) for (let i = 0; i < m; i++) a[i] = i * 0.5; return a[7];",
    turns: 5e3,
    limit: 1.1,
  },
  {
    name: "nested loops",
    body: `const c = new Float64Array(4096); const m = 64;
      for (let r = 0; r < n; r++) for (let i = 0; i < m; i++) for (let j = 0; j < m; j++) {
        let s = 0; for (let k = 0; k < m; k++) s += a[i * m + k] * a[k * m + j]; c[i * m + j] = s; } return c[5];`,
    turns: 80,
    limit: 1.1,
  },
  {
    name: "nested, lengths unknown",
    body: `const c = new Float64Array(4096); const m = a.length >> 6;
      for (let r = 0; r < n; r++) for (let i = 0; i < m; i++) for (let j = 0; j < m; j++) {
        let s = 0; for (let k = 0; k < m; k++) s += a[i * m + k] * a[k * m + j]; c[i * m + j] = s; } return c[5];`,
    turns: 80,
    limit: 1.1,
  },
  {
    name: "nested, of 3 turns each",
    body: `const c = new Float64Array(9); const m = (a.length >> 6) - 61;
      for (let r = 0; r < n; r++) for (let i = 0; i < m; i++) for (let j = 0; j < m; j++) {
        let s = 0; for (let k = 0; k < m; k++) s += a[i * m + k] * a[k * m + j]; c[i * m + j] = s; } return c[5];`,
    turns: 3e5,
    limit: 1.1,
  },
  { name: "an empty loop", body: "let i = 0; while (i < n) i++; return i;", turns: 5e7 },
];

const ROUNDS = 25;

/** A cell that measures one loop in both forms, in turns, and shows the ratios. */
const cell = ({ body, turns }: Loop): string => `{
  const a = new Float64Array(4096).fill(1.5);
  const checked = (n: number, a: any): number => { ${body} };
  const bare = (0, eval)(${JSON.stringify(`(n, a) => { ${body} }`)});
  const time = (f: (n: number, a: any) => number): number => {
    const since = performance.now();
    f(${turns}, a);
    return performance.now() - since;
  };
  for (const f of [checked, bare, checked, bare]) time(f);
  console.log(JSON.stringify(Array.from({ length: ${ROUNDS} }, () => time(checked) / time(bare))));
}`;

/** Measures all loops in a kernel of its own and prints a line for each. */
export async function measureStopChecks(): Promise<object[]> {
  const client = await KernelClient.start();
  const rows: object[] = [];
  console.log(`time of loops with stop checks / without (medians of ${ROUNDS}, least to most)`);
  for (const loop of LOOPS) {
    const { stdout } = await client.execute(cell(loop));
    const ratios = JSON.parse(stdout) as number[];
    const [low, high] = spread(ratios);
    const limit = loop.limit === undefined ? "" : `at most ${loop.limit}`;
    const text = `${median(ratios).toFixed(2)} (${low.toFixed(2)}-${high.toFixed(2)})`;
    console.log(`  ${loop.name.padEnd(30)} ${text.padEnd(34)}${limit}`);
    rows.push({ what: `stop checks: ${loop.name}`, target: loop.limit ?? null, ratio: median(ratios) });
  }
  await client.close();
  return rows;
}
