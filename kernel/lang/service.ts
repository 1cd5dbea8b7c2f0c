// The language service of a notebook: compiles cells one after the other, completes and explains names. Its whole state is
// one string, the declarations of the cells so far.

import type ts from "@tslab/typescript-for-tslab";
import { PRELOADED_NAMES, preloadedDeclarations } from "../preloaded.js";
import type {
  CellNames,
  Compiled,
  Completion,
  Diagnostic,
  Inspection,
  Language,
} from "../protocol/threads.js";
import { cellNames } from "./cell-names.js";
import { isComplete } from "./complete-code.js";
import { type Found, findings } from "./diagnostics.js";
import { Lines } from "./edits.js";
import { prepare } from "./prepare.js";
import { rewrite } from "./rewrite.js";
import { loadConverter, typescript } from "./typescript.js";

const PREFIX_LINES = 1;

export class LanguageService implements Language {
  declarations: string;
  readonly #converter;
  readonly #shadowed = new Set<string>();
  #found: Found = { errors: [], warnings: [] };
  #names: CellNames = { declares: [], reads: [], writes: [], captures: {} };

  constructor(paths: Record<string, string[]>, declarations?: string) {
    this.declarations = declarations ?? preloadedDeclarations();
    this.#converter = loadConverter({
      paths,
      diagnose: (program, cell) => {
        this.#found = findings(program, cell, PREFIX_LINES);
        this.#names = cellNames(program, cell);
      },
    });
  }

  /** Does now what the first cell would otherwise wait for. */
  warmUp(): void {
    this.#converter.convert(this.declarations, "");
  }

  compile(source: string, name: string): Compiled {
    const { text, using } = prepare(source);
    const lines = new Lines(source);
    const { output, declOutput, lastExpressionVar } = this.#converter.convert(this.declarations, text);
    const { errors, warnings } = this.#found;
    if (errors.length > 0 || output === undefined) return { ok: false, errors };
    const { code, positions, declared } = rewrite({
      output,
      lastExpression: lastExpressionVar,
      usingAt: (line, column) => using.get(lines.position(line, column)),
    });
    this.declarations = declOutput ?? this.declarations;
    return {
      ok: true,
      cell: { name, source, code, positions },
      warnings: [...warnings, ...this.#shadowing(declared)],
      names: this.#names,
    };
  }

  complete(source: string, position: number): Completion {
    const { text } = prepare(source);
    const { start, end, candidates, original } = this.#converter.complete(this.declarations, text, position);
    const kinds = new Map(original?.entries.map((entry) => [entry.name, entry.kind]));
    return {
      start,
      end,
      entries: candidates.map((text) => ({ text, type: completionType(kinds.get(text)) })),
    };
  }

  inspect(source: string, position: number): Inspection | undefined {
    const { text } = prepare(source);
    const info = this.#converter.inspect(this.declarations, text, position) as ts.QuickInfo | undefined;
    if (info === undefined) return undefined;
    const tags = (info.tags ?? []).map(
      ({ name, text }) => `@${name} ${typescript.displayPartsToString(text)}`,
    );
    return {
      signature: typescript.displayPartsToString(info.displayParts),
      documentation: [typescript.displayPartsToString(info.documentation), ...tags]
        .filter(Boolean)
        .join("\n"),
    };
  }

  isComplete(source: string): ReturnType<Language["isComplete"]> {
    return isComplete(prepare(source).text);
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
  "external module name": "module",
};

function completionType(kind: string | undefined): string {
  if (kind === undefined) return "text";
  return COMPLETION_TYPES[kind] ?? kind;
}
