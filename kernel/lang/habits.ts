// What people write first who come from Python, and what is written here instead: one table of names, one of lines.

/** Python's names, which nothing has here. */
const NAMES: Readonly<Record<string, string>> = {
  print: "Write console.log(value); a cell's last value is shown without it.",
  len: "Write list.length, or x.shape[0] for a tensor.",
  range: "Write for (let i = 0; i < n; i++) { ... }.",
  help: "Put the cursor on a name and press Shift+Tab.",
  dir: "Write Object.keys(value), or press Tab after its name and a dot.",
  type: "Write typeof value, or put the cursor on a name and press Shift+Tab.",
  enumerate:
    "Write for (const [i, x] of list.entries()) { ... }; beside a loader, count: let i = 0; ... i++.",
  zip: "Write a.map((x, i) => [x, b[i]]).",
  isinstance: "Write value instanceof Class.",
  sum: "Write list.reduce((sum, x) => sum + x, 0), or x.sum() for a tensor.",
  abs: "Write Math.abs(value), or x.abs() for a tensor.",
  max: "Write Math.max(...list), or x.max() for a tensor.",
  min: "Write Math.min(...list), or x.min() for a tensor.",
  round: "Write value.toFixed(2) for a text, or Math.round(value).",
  sorted: "Write list.toSorted((a, b) => a - b), or x.sort() for a tensor.",
  input: "Write prompt('question').",
  tqdm: "Write for (const x of display.progress(list)) { ... }.",
  str: "Write String(value).",
  int: "Write Math.trunc(value).",
  float: "Write Number(value).",
  None: "Write null or undefined.",
  True: "Write true.",
  False: "Write false.",
  self: "Write this.",
  np: "Write tensor.zeros(3), tensor.linspace(0, 1, 5) and so on; Math has the functions of numbers.",
  plt: "Write ({ data: [{ y: [1, 3, 2] }], layout: {} }) for a chart; plot has figures such as plot.activation('gelu').",
  torch:
    "PyTorch's names are here without it: tensor, nn, F, init, norm, optim, manualSeed; gb has them all.",
};

/** Python's keyword arguments, which read as assignments to names that nothing has, and the options they are here. */
const KEYWORDS: Readonly<Record<string, string>> = {
  axis: "dim",
  dim: "dim",
  keepdim: "keepdim",
  keepdims: "keepdim",
  dtype: "dtype",
  requires_grad: "requiresGrad",
  lr: "lr",
  momentum: "momentum",
  weight_decay: "weightDecay",
  batch_size: "batchSize",
  shuffle: "shuffle",
  padding: "padding",
  stride: "stride",
  bias: "bias",
};

/** Lines that are no TypeScript. The first that fits is told. */
const LINES: readonly (readonly [line: RegExp, remedy: string])[] = [
  [/^\s*(?:\?{1,2}\s*[\w.]+|[\w.]+\?{1,2})\s*$/, `${NAMES.help}`],
  [
    /^\s*[!%]/,
    "Lines that begin with ! or % are commands of IPython. Use a terminal, or: " +
      "import { execSync } from 'node:child_process'; execSync('npm install NAME').toString()",
  ],
  [/^\s*(?:import|from)\s+torch\b/m, `There is no torch to import. ${NAMES.torch}`],
  [
    /^\s*(?:from\s+[\w.]+\s+)?import\s+[\w.]+(?:\s+as\s+\w+)?\s*$/m,
    'Write import * as name from "package", or import { name } from "package".',
  ],
  [/[\w)\]]\s*@\s+[\w(]/, "There is no operator @. Write a.matmul(b)."],
  [
    /[\w)\]]\[[^[\]{}?"'`]*:[^[\]{}?"'`]*\]/,
    'There are no slices with colons. Write x.slice(0, 5), and x.index(":", 0) for the first column.',
  ],
  [/^\s*def\s+\w+\s*\(/m, "Write function name(parameters) { ... }."],
  [
    /^\s*with\b.*(?:no_?grad|inference_?mode)/im,
    "Write gb.noGrad(() => { ... }), or const y = gb.noGrad(() => model(x)).",
  ],
  [
    /^\s*(?:for\s+\w+\s+in\s|(?:for|while|if|elif|else|with|try|except)\b.*:\s*$)/m,
    "Write (condition) in parentheses and the body in { ... }.",
  ],
];

/** What to write instead of a name that nothing has. */
export function insteadOfName(name: string): string | undefined {
  if (Object.hasOwn(NAMES, name)) return NAMES[name];
  if (!Object.hasOwn(KEYWORDS, name)) return undefined;
  return `Options go into an object: { ${KEYWORDS[name]}: value } instead of ${name}=value.`;
}

/** What to write instead of the lines of a cell that is no TypeScript. */
export function insteadOfLines(source: string): string | undefined {
  return LINES.find(([line]) => line.test(source))?.[1];
}
