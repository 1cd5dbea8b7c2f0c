// The statements that the kernel puts into cells, and how the debugger finds them again: it does not stop there.

/** In a loop without `await`. */
export const CHECK = "if (__gbFlag[0] !== 0) throw __gbStop;";
/** In a loop with `await`. */
export const CHECK_ASYNC = "__gb.check();";
/** In a loop at the top level of a cell. */
export const REST = "if (__gbFlag[1] !== 0) await __gb.rest();";

/** Shares a variable of the cell with later cells. A class, since V8 keeps accessors of object literals in slow dictionaries. */
export function bindCall(name: string): string {
  const accessors = `get $v() { return ${name}; } set $v(value) { ${name} = value; }`;
  return `__gb.bind(${JSON.stringify(name)}, new (class { ${accessors} })());`;
}

/** Has the runtime name variables in a caught error as they are written; gives the error. */
export function toldCall(name: string): string {
  return `__gb.told(${name})`;
}

const TOLD = /(?:let [^;]* = )?__gb\.told\([\w$]+\);/;
const BIND = /__gb\.bind\("[^"]*", new \(class \{ [^{}]*\{[^{}]*\}[^{}]*\{[^{}]*\} \}\)\(\)\);/;
const escaped = [CHECK, CHECK_ASYNC, REST].map((text) => text.replace(/[()[\].]/g, "\\$&"));
const OWN = new RegExp([BIND.source, TOLD.source, ...escaped].join("|"), "g");

/** True if the kernel wrote what stands at this column of a line of compiled code. */
export function isOwnCode(line: string, column: number): boolean {
  for (const match of line.matchAll(OWN)) {
    if (match.index <= column && column < match.index + match[0].length) return true;
  }
  return false;
}
