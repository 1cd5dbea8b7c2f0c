// The examples of docstrings as programs: what each line must show, and how to run one.
//
// In an example all names are known that are known in a cell, and those of `SCENE`. A line that ends in `// -> text` must show
// that text as a cell would show it (white space aside; the text may go on in comment lines below). A line that ends in a number
// or a list of numbers, as in `// [0, 2]`, must have these values to the digits given, or this shape. One that ends in
// `// throws text` must throw an error whose name and message begin with it.

import { stripTypeScriptTypes } from "node:module";
import { typescript as ts } from "@gradbook/kernel/lang/typescript";
import { plainText } from "@gradbook/kernel/run/present";
import type TS from "@tslab/typescript-for-tslab";
import * as gb from "gradbook";
import type { Entry } from "./surface.ts";

/** What stands before every example. */
export const SCENE = `manualSeed(42);
const x = tensor.randn(16, 4);
const labels = tensor.randint(0, 3, [16]);
const loader = new gb.data.DataLoader(new gb.data.TensorDataset(x, labels), { batchSize: 8 });
const model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3));
const lossFn = nn.CrossEntropyLoss();
const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 });
const scheduler = new optim.lrScheduler.ExponentialLR(optimizer, 0.9);
const loss = lossFn(model(x), labels);
`;

const { tensor, nn, F, init, norm, optim, manualSeed, watch, plot } = gb;
const NAMES = { gb, tensor, nn, F, init, norm, optim, manualSeed, watch, plot };
/** Known in examples only: the path of an empty folder. */
const FOLDER = "folder";

interface Claim {
  readonly kind: "shows" | "throws";
  readonly text: string;
}

/** Runs an example, which may use `folder`; gives what was wrong, or undefined. */
export async function runExample(code: string, folder: string): Promise<string | undefined> {
  const claims: Claim[] = [];
  const wrong: string[] = [];
  const shows = (value: unknown, number: number): void => {
    const claimed = squeeze(claims[number]!.text);
    const shown = squeeze(plainText(value));
    if (shown !== claimed && !hasValues(value, claimed)) wrong.push(`shows ${shown}, not ${claimed}`);
  };
  const throws = async (body: () => unknown, number: number): Promise<void> => {
    const { text } = claims[number]!;
    try {
      await body();
      wrong.push(`throws nothing, not ${text}`);
    } catch (error) {
      const said = squeeze(`${(error as Error).name}: ${(error as Error).message}`);
      if (!said.startsWith(squeeze(text))) wrong.push(`throws ${said}, not ${text}`);
    }
  };
  try {
    const source = `${SCENE}{\n${instrument(code, claims)}\n}`;
    const javascript = stripTypeScriptTypes(`async () => {${source}}`, { mode: "strip" });
    const names = { ...NAMES, [FOLDER]: folder, $shows: shows, $throws: throws };
    const program = new Function(...Object.keys(names), `return (${javascript})()`);
    await program(...Object.values(names));
  } catch (error) {
    wrong.push((error as Error).stack ?? String(error));
  }
  return wrong.length === 0 ? undefined : wrong.join("\n");
}

/** Whether `value` is what a number or a list of numbers says: its values to the digits given, or its shape. */
function hasValues(value: unknown, text: string): boolean {
  const numbers = text.match(/-?[\d.]+(?:e-?\d+)?|NaN|-?Infinity/g) ?? [];
  if (!isNumeric(text)) return false;
  const brackets = (list: unknown): string => JSON.stringify(list).replace(/[^[\],]+/g, "0");
  const data = value instanceof gb.Tensor ? value.toArray() : value;
  const pattern = text.replace(/[^[\],]+/g, "").replace(/(?<=[[,])(?=[,\]])|^$/g, "0");
  const values = [data].flat(Number.POSITIVE_INFINITY).map(Number);
  const close = (actual: number, i: number): boolean => {
    const digits = numbers[i]!.split(/e/)[0]!.split(".")[1]?.length ?? 0;
    const exponent = Number(numbers[i]!.split("e")[1] ?? 0);
    const expected = Number(numbers[i]);
    return (
      Object.is(actual, expected) ||
      Math.abs(actual - expected) <= 0.5000001 * 10 ** (exponent - digits) * (digits === 0 ? 1e-4 : 1)
    );
  };
  if (brackets(data) === pattern && values.length === numbers.length && values.every(close)) return true;
  return value instanceof gb.Tensor && JSON.stringify(value.shape) === text.replace(/ /g, "");
}

const isNumeric = (text: string): boolean => /^[[\]\s,\d.eNaInfity+-]+$/.test(text) && /\d|NaN/.test(text);

const squeeze = (text: string): string => text.replace(/\s+/g, " ").trim();

/** The code with a call around each statement about which a comment claims something; `claims` gets them. */
function instrument(code: string, claims: Claim[]): string {
  const file = ts.createSourceFile("example.ts", code, ts.ScriptTarget.ES2022, true);
  let result = "";
  let at = 0;
  for (const statement of file.statements) {
    const claim = claimAfter(code, statement.end);
    if (claim === undefined) continue;
    const start = statement.getStart(file);
    const number = claims.push(claim) - 1;
    result +=
      code.slice(at, start) + wrapped(statement, code.slice(start, statement.end), claim, number, file);
    at = statement.end;
  }
  return result + code.slice(at);
}

function wrapped(
  statement: TS.Statement,
  text: string,
  { kind }: Claim,
  number: number,
  file: TS.SourceFile,
): string {
  if (kind === "throws") return `await $throws(async () => { ${text} }, ${number});`;
  if (ts.isExpressionStatement(statement)) return `$shows(${statement.expression.getText(file)}, ${number});`;
  if (ts.isVariableStatement(statement) && statement.declarationList.declarations.length === 1) {
    const { name } = statement.declarationList.declarations[0]!;
    if (ts.isIdentifier(name)) return `${text}$shows(${name.text}, ${number});`;
  }
  throw new Error(`"// ->" must follow an expression or the declaration of one name: ${text}`);
}

/** What the comment on the same line, and the comment lines right below it, claim. */
function claimAfter(code: string, end: number): Claim | undefined {
  const rest = /^[ \t;]*\/\/[ \t]*(->|throws)[ \t]*([^\n]*)((?:\n[ \t]*\/\/ {2,}[^\n]*)*)/.exec(
    code.slice(end),
  );
  if (rest === null) return undefined;
  const [, mark, first, more] = rest;
  const text = [first!, ...more!.split("\n").map((line) => line.replace(/^\s*\/\//, ""))].join(" ");
  return { kind: mark === "throws" ? "throws" : "shows", text };
}

/** All examples as one TypeScript module, to be compiled strictly, and where in it each begins. */
export function exampleModule(entries: readonly Entry[]): {
  source: string;
  lineOf: (line: number) => string;
} {
  const starts: { line: number; path: string }[] = [];
  const names = Object.keys(NAMES).filter((name) => name !== "gb");
  let source = `import * as gb from "gradbook";
import { ${names.join(", ")} } from "gradbook";
declare const ${FOLDER}: string;
`;
  for (const { path, examples } of entries) {
    for (const code of examples) {
      starts.push({ line: source.split("\n").length, path });
      source += `export async function example${starts.length}() {\n${SCENE}{\n${expectErrors(code)}\n}\n}\n`;
    }
  }
  return { source, lineOf: (line) => starts.findLast((start) => start.line <= line)?.path ?? "the scene" };
}

/** A line that is claimed to throw may be one that does not compile either: that is not an error of the example. */
function expectErrors(code: string): string {
  return code.replace(/^(.*\/\/[ \t]*throws)/gm, "// @ts-ignore\n$1");
}
