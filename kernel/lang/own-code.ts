// The statements that the kernel puts into cells, and how the debugger finds them again: it does not stop there.

import type { CountedLoop } from "./counted-loops.js";

/** In a loop without `await`. */
export const CHECK = "if (__gbFlag[0] !== 0) throw __gbStop;";
/** In a loop with `await`. */
export const CHECK_ASYNC = "__gb.check();";
/** In a loop at the top level of a cell. */
export const REST = "if (__gbFlag[1] !== 0) await __gb.rest();";

/** How a loop is cut into strips (strips.ts). */
export interface Strip {
  readonly label: string;
  /** Turns between two checks, at most. */
  readonly turns: number;
}

const STRIP_LABEL = "__gbStrip";
export const STRIP_END = "__gbEnd";

/** Of an innermost loop. */
export const STRIP: Strip = { label: STRIP_LABEL, turns: 65_536 };
/** Of an innermost loop in a loop that is cut as well, and of that one. */
export const INNER_STRIP: Strip = { label: STRIP_LABEL, turns: 512 };
export const OUTER_STRIP: Strip = { label: `${STRIP_LABEL}Outer`, turns: 512 };

export const stripHead = ({ label }: Strip): string => `${label}: `;

/** Between the head of a loop and the step of its counter: begins a strip. */
export function stripStart({ name, comparison, bound }: CountedLoop, { turns }: Strip): string {
  const end = bound.getText();
  const next = `${name} + ${turns}`;
  const long = `${CHECK} ${STRIP_END} = ${next} ${comparison} ${end} ? ${next} : ${end};`;
  const start = `if (${end} < ${turns}) ${STRIP_END} = ${end}; else { ${long} }`;
  return `) { ${start} for (; ${name} ${comparison} ${STRIP_END}; `;
}

/** After the body: ends the loop, unless there is another strip. */
export function stripEnd({ condition, bound }: CountedLoop, { label, turns }: Strip): string {
  return ` if (${bound.getText()} < ${turns} || !(${condition.getText()})) break ${label}; }`;
}

/** Shares a variable of the cell with later cells. A class, since V8 keeps accessors of object literals in slow dictionaries. */
export function bindCall(name: string): string {
  const accessors = `get $v() { return ${name}; } set $v(value) { ${name} = value; }`;
  return `__gb.bind(${JSON.stringify(name)}, new (class { ${accessors} })());`;
}

/** Shares what a cell imports, in the same way; `value` reads it from its module each time, since that may assign it. */
export function bindImport(name: string, value: string): string {
  const refusal = JSON.stringify(`'${name}' is imported: it cannot be assigned here.`);
  const accessors = `get $v() { return ${value}; } set $v(_) { throw new TypeError(${refusal}); }`;
  const text = JSON.stringify(name);
  return `__gb.bind(${text}, new (class { ${accessors} })());const __$${name} = { b: __gb.slot(${text}).b };`;
}

/** Has the runtime name variables in a caught error as they are written; gives the error. */
export function toldCall(name: string): string {
  return `__gb.told(${name})`;
}

const TOLD = /(?:let [^;]* = )?__gb\.told\([\w$]+\);/;
const BIND = /__gb\.bind\("[^"]*", new \(class \{ [^{}]*\{[^{}]*\}[^{}]*\{[^{}]*\} \}\)\(\)\);/;
const SLOT = /const __\$[^=;]+ = [^;]*;/;
const STRIP_PARTS = [
  `if \\([^;{}]*\\) ${STRIP_END} = [^;]*; else \\{[^{}]*\\} for \\(; [^;]* ${STRIP_END};`,
  `if \\([^;{}]* \\|\\| !\\([^;{}]*\\)\\) break ${STRIP_LABEL}\\w*; \\}`,
];
const escaped = [CHECK, CHECK_ASYNC, REST].map((text) => text.replace(/[()[\].]/g, "\\$&"));
const OWN = new RegExp([BIND.source, SLOT.source, TOLD.source, ...STRIP_PARTS, ...escaped].join("|"), "g");

/** True if the kernel wrote what stands at this column of a line of compiled code. */
export function isOwnCode(line: string, column: number): boolean {
  for (const match of line.matchAll(OWN)) {
    if (match.index <= column && column < match.index + match[0].length) return true;
  }
  return false;
}
