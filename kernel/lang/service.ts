// The language service of a notebook: compiles cells one after the other, completes and explains names. Its whole state is
// what the cells so far have declared, and whether errors of types stop a cell.

import type ts from "@tslab/typescript-for-tslab";
import { LIMITS } from "../limits.js";
import { OWN_NAMES, PRELOADED_NAMES, preloadedDeclarations } from "../preloaded.js";
import type {
  CellNames,
  Compiled,
  Completion,
  Diagnostic,
  Inspection,
  Language,
  LanguageState,
} from "../protocol/threads.js";
import { augmentationsIn } from "./augmentations.js";
import { blockVariables } from "./block-vars.js";
import { cellNames } from "./cell-names.js";
import { isComplete } from "./complete-code.js";
import { type UndeclaredFields, undeclaredFields, withFields } from "./constructor-fields.js";
import { usesStandardDecorators } from "./decorators.js";
import { exportsAssigned, type Found, findings } from "./diagnostics.js";
import { Lines } from "./edits.js";
import { explanation } from "./explanation.js";
import type { Entry } from "./hints.js";
import { withoutJsx } from "./jsx.js";
import { prepare } from "./prepare.js";
import { rewrite } from "./rewrite.js";
import { loadConverter } from "./typescript.js";

const PREFIX_LINES = 1;

export class LanguageService implements Language {
  state: LanguageState;
  readonly #converter;
  readonly #shadowed = new Set<string>();
  #found: Found = { errors: [], warnings: [] };
  #exportsAssigned: readonly Diagnostic[] = [];
  #undeclared: UndeclaredFields = new Map();
  #blockVariables = "";
  #augmentations: readonly string[] = [];
  #names: CellNames = { declares: [], reads: [], writes: [], captures: {} };

  constructor(paths: Record<string, string[]>, state?: LanguageState) {
    this.state = state ?? { declarations: preloadedDeclarations(), augmentations: [], typeErrors: "warn" };
    this.#converter = loadConverter({
      paths,
      diagnose: (program, cell) => {
        this.#found = findings(program, cell, PREFIX_LINES, modulesByFile(paths));
        this.#exportsAssigned = exportsAssigned(cell);
        this.#undeclared = undeclaredFields(program, cell, cell.getLineStarts()[PREFIX_LINES] ?? 0);
        this.#names = cellNames(program, cell);
        this.#blockVariables = blockVariables(program, cell);
        this.#augmentations = augmentationsIn(cell);
      },
    });
  }

  /** Does now what the first cell would otherwise wait for. */
  warmUp(): void {
    this.#converter.convert(this.state.declarations, "");
  }

  compile(source: string, name: string): Compiled {
    const declarations = this.#declarations();
    const written = withoutJsx(source, /\bReact\b/.test(declarations)) ?? source;
    const { text, using } = prepare(written);
    const lines = new Lines(written);
    this.#converter.useDecorators(usesStandardDecorators(text, declarations) ? "standard" : "older");
    let converted = this.#converter.convert(declarations, text);
    if (this.#undeclared.size > 0)
      converted = this.#converter.convert(declarations, withFields(text, this.#undeclared));
    const { output, declOutput, lastExpressionVar } = converted;
    const { errors, warnings } = this.#found;
    this.state = { ...this.state, typeErrors: chosenTypeErrors(source) ?? this.state.typeErrors };
    if (errors.length > 0 || output === undefined) return { ok: false, ename: "SyntaxError", errors };
    if (warnings.length > 0 && this.state.typeErrors === "stop") {
      return { ok: false, ename: "TypeCheckError", errors: warnings };
    }
    const { code, positions, declared } = rewrite({
      output,
      lastExpression: lastExpressionVar,
      usingAt: (line, column) => using.get(lines.position(line, column)),
    });
    const { declarations: earlier, augmentations: before } = this.state;
    this.state = {
      ...this.state,
      declarations: (declOutput ?? earlier) + this.#blockVariables,
      augmentations: [...new Set([...before, ...this.#augmentations])],
    };
    return {
      ok: true,
      cell: { name, source, code, positions },
      warnings: [...warnings, ...this.#exportsAssigned, ...this.#shadowing(declared)],
      names: this.#names,
    };
  }

  complete(source: string, position: number): Completion {
    const { text } = prepare(source);
    const { start, end, candidates, original } = this.#converter.complete(
      this.#declarations(),
      text,
      position,
    );
    const module = MODULE_NAME.exec(text.slice(0, position))?.[1];
    const fits = (name: string): boolean =>
      !name.startsWith(OWN_NAMES) && (module === undefined || name.startsWith(module));
    const known = new Map(original?.entries.map((entry) => [entry.name, entry as Entry]));
    const entries = candidates.filter(fits).map((text, index) => {
      const entry = known.get(text);
      const signature = index < LIMITS.completionSignatures ? entry?.signature?.() : undefined;
      return { text, type: completionType(entry?.kind), ...(signature !== undefined && { signature }) };
    });
    return { start: module === undefined ? start : position - module.length, end, entries };
  }

  inspect(source: string, position: number): Inspection | undefined {
    const { text } = prepare(source);
    const info = this.#converter.inspect(this.#declarations(), text, position) as ts.QuickInfo | undefined;
    return info === undefined ? undefined : explanation(info);
  }

  isComplete(source: string): ReturnType<Language["isComplete"]> {
    return isComplete(prepare(withoutJsx(source, false) ?? source).text);
  }

  /** What earlier cells have declared, as the compiler is told of it. */
  #declarations(): string {
    const { declarations, augmentations } = this.state;
    return declarations + augmentations.map((text) => `${text}\n`).join("");
  }

  /** Says once of each preloaded name that it now means something else. */
  #shadowing(declared: readonly string[]): Diagnostic[] {
    const shadowed = declared.filter((name) => PRELOADED_NAMES.has(name) && !this.#shadowed.has(name));
    return shadowed.map((name) => {
      this.#shadowed.add(name);
      const message = `'${name}' was a preloaded name; in this notebook it now means what this cell declares.`;
      return { code: 0, message, line: 0, column: 0, length: 0 };
    });
  }
}

/** The aliased modules' names by their files, as the compiler's messages have them: without `.d.ts`. */
function modulesByFile(paths: Record<string, string[]>): Map<string, string> {
  return new Map(
    Object.entries(paths).flatMap(([name, files]) =>
      files.map((file) => [file.replace(/(?:\.d\.ts|\*)$/, ""), name.replace(/\*$/, "")]),
    ),
  );
}

/** The notebook's choice, if the cell makes one: `// @type-errors stop` on a line of its own. */
function chosenTypeErrors(source: string): LanguageState["typeErrors"] | undefined {
  return /^\s*\/\/\s*@type-errors\s+(stop|warn)\s*$/m.exec(source)?.[1] as
    | LanguageState["typeErrors"]
    | undefined;
}

/** The name of a module up to here, from its last folder on. */
const MODULE_NAME = /(?:\bfrom|\bimport|\brequire)\s*\(?\s*["'](?:[^"'\n]*\/)?([^"'\n/]*)$/;

/** TypeScript's kinds that Jupyter's front ends name differently. */
const COMPLETION_TYPES: Readonly<Record<string, string>> = {
  const: "const",
  let: "variable",
  var: "variable",
  "local var": "variable",
  parameter: "variable",
  method: "method",
  "local function": "function",
  getter: "property",
  setter: "property",
  "local class": "class",
  "enum member": "enum",
  alias: "module",
  script: "module",
  directory: "module",
  "external module name": "module",
};

function completionType(kind: string | undefined): string {
  if (kind === undefined) return "text";
  return COMPLETION_TYPES[kind] ?? kind;
}
