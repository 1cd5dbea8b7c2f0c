// From the converter's ES module to the async function that main runs: imports become calls, declared names are shared with
// later cells by getter and setter (so that an assignment anywhere reaches the one variable), the last expression is
// returned, loops can be stopped, and caught errors name variables as they are written.

import type ts from "@tslab/typescript-for-tslab";
import type { PositionTable } from "../protocol/threads.js";
import { tellCaught } from "./caught.js";
import { isName } from "./counted-loops.js";
import { boundNames, declarationOf } from "./declarations.js";
import { Edits, Lines } from "./edits.js";
import { addLoopChecks } from "./loops.js";
import { bindCall, bindImport } from "./own-code.js";
import { type Mapping, splitSourceMap } from "./sourcemap.js";
import { typescript } from "./typescript.js";

const { SyntaxKind } = typescript;

/** Lines that tslab puts before the cell. */
const PREFIX_LINES = 1;

export interface Rewritten {
  /** An expression whose value is the cell's function; its body starts on the second line. */
  readonly code: string;
  readonly positions: PositionTable;
  /** Names that the cell declares. */
  readonly declared: readonly string[];
}

export interface Converted {
  readonly output: string;
  readonly lastExpression: string | undefined;
  /** True if the declaration at this line and column of the cell (from 0) was `using`; says which kind. */
  readonly usingAt: (line: number, column: number) => string | undefined;
}

export function rewrite({ output, lastExpression, usingAt }: Converted): Rewritten {
  const { code, mappings } = splitSourceMap(output);
  const lines = new Lines(code);
  const file = typescript.createSourceFile(
    "cell.js",
    code,
    typescript.ScriptTarget.Latest,
    true,
    typescript.ScriptKind.JS,
  );
  const edits = new Edits(code);
  const earlier = new Set<string>();
  const exported = exportedNames(file);
  const late = new Set<string>();
  const imported = new Set<string>();

  const bindLate = (names: readonly string[]): string => {
    for (const name of names) late.add(name);
    return names.map(bindCall).join("");
  };
  for (const statement of file.statements) {
    if (typescript.isImportDeclaration(statement)) {
      const { text, names } = importCall(statement, `__gbFrom${imported.size}`);
      for (const name of names) imported.add(name);
      edits.replace(statement.getStart(), statement.end, text);
    } else if (typescript.isExportDeclaration(statement)) {
      edits.replace(statement.getStart(), statement.end, "");
    } else if (typescript.isVariableStatement(statement)) {
      const value = lastExpressionOf(statement, lastExpression);
      if (value !== undefined) {
        edits.replace(statement.getStart(), value.getStart(), "return [");
        edits.replace(value.end, statement.end, "];");
        addMapping(mappings, lines, statement.getStart(), value.getStart());
      } else if ((statement.declarationList.flags & typescript.NodeFlags.BlockScoped) !== 0) {
        const names = statement.declarationList.declarations.flatMap((d) => boundNames(d.name));
        edits.insert(statement.end, bindLate(names));
      }
    } else if (typescript.isClassDeclaration(statement) && statement.name !== undefined) {
      edits.insert(statement.end, bindLate([statement.name.text]));
    }
  }
  visitNames(file, edits, earlier);
  addLoopChecks(file, edits);
  tellCaught(file, edits);
  restoreUsing(file, edits, sourceOf(mappings, lines), usingAt);

  const { text, moved } = edits.apply();
  const hoisted = exported.filter((name) => !late.has(name) && !imported.has(name));
  const slots = [...earlier]
    .filter((name) => !imported.has(name))
    .map((name) => `const __$${name} = __gb.slot(${JSON.stringify(name)});`);
  // a cell's own `require` cannot be declared beside a parameter of that name
  const parameters = exported.includes("require") ? "__gb" : "__gb, require";
  const header = `(async function (${parameters}) { "use strict"; ${slots.join("")}${hoisted.map(bindCall).join("")}`;
  const positions = positionTable(mappings, lines, moved, new Lines(text));
  return { code: `${header}\n${text}\n})`, positions, declared: exported };
}

function exportedNames(file: ts.SourceFile): string[] {
  return file.statements.flatMap((statement) => {
    if (!typescript.isExportDeclaration(statement) || statement.exportClause === undefined) return [];
    if (!typescript.isNamedExports(statement.exportClause)) return [];
    return statement.exportClause.elements.map((element) => element.name.text);
  });
}

function lastExpressionOf(statement: ts.VariableStatement, name: string | undefined): ts.Node | undefined {
  const [first] = statement.declarationList.declarations;
  const isLast = name !== undefined && first !== undefined && typescript.isIdentifier(first.name);
  return isLast && first.name.text === name ? first.initializer : undefined;
}

/** `from`: a name for the module's exports. */
function importCall(statement: ts.ImportDeclaration, from: string): { text: string; names: string[] } {
  const specifier = statement.moduleSpecifier.getText();
  const clause = statement.importClause;
  const wanted: [imported: string, local: string][] = [];
  if (clause?.name !== undefined) wanted.push(["default", clause.name.text]);
  const bindings = clause?.namedBindings;
  if (bindings !== undefined && typescript.isNamedImports(bindings)) {
    for (const e of bindings.elements) wanted.push([(e.propertyName ?? e.name).text, e.name.text]);
  }
  let text = "";
  if (bindings !== undefined && typescript.isNamespaceImport(bindings)) {
    const name = bindings.name.text;
    text += `const ${name} = await __gb.import(${specifier});${bindImport(name, name)}`;
  }
  if (wanted.length > 0) {
    const names = JSON.stringify(wanted.map(([imported]) => imported));
    text += `const ${from} = await __gb.importNames(${specifier}, ${names});`;
    for (const [imported, local] of wanted) text += bindImport(local, `${from}[${JSON.stringify(imported)}]`);
  }
  const names = wanted.map(([, local]) => local);
  if (bindings !== undefined && typescript.isNamespaceImport(bindings)) names.push(bindings.name.text);
  return { text: text === "" ? `await __gb.import(${specifier});` : text, names };
}

/** Names of imports and of earlier cells, which the converter calls `exports.name`; `import(...)`; `import.meta`; `module.exports`. */
function visitNames(root: ts.Node, edits: Edits, earlier: Set<string>): void {
  const visit = (node: ts.Node): void => {
    if (typescript.isPropertyAccessExpression(node) && isExports(node.expression)) {
      const name = node.name.text;
      earlier.add(name);
      const value = `__$${name}.b.$v`;
      // Without `(0, ...)` a call would hand the slot over as `this`.
      edits.replace(node.getStart(), node.end, isCalled(node) ? `(0, ${value})` : value);
      return;
    }
    if (node.kind === SyntaxKind.ImportKeyword && typescript.isCallExpression(node.parent)) {
      edits.replace(node.getStart(), node.end, "__gb.import");
    }
    if (isModuleExports(node))
      edits.replace(node.getStart(), node.getStart() + "module".length, "__gb.module");
    if (typescript.isMetaProperty(node) && node.keywordToken === SyntaxKind.ImportKeyword) {
      edits.replace(node.getStart(), node.end, "__gb.meta");
    }
    typescript.forEachChild(node, visit);
  };
  visit(root);
}

function isExports(node: ts.Node): boolean {
  return typescript.isIdentifier(node) && node.text === "exports";
}

/** As in CommonJS, unless the cell has a variable of that name. */
function isModuleExports(node: ts.Node): node is ts.PropertyAccessExpression {
  return (
    typescript.isPropertyAccessExpression(node) &&
    isName(node.expression, "module") &&
    node.name.text === "exports" &&
    declarationOf("module", node) === undefined
  );
}

function isCalled(node: ts.Node): boolean {
  const { parent } = node;
  return (
    (typescript.isCallExpression(parent) && parent.expression === node) ||
    (typescript.isTaggedTemplateExpression(parent) && parent.tag === node)
  );
}

function restoreUsing(
  file: ts.SourceFile,
  edits: Edits,
  source: (position: number) => readonly [line: number, column: number] | undefined,
  usingAt: (line: number, column: number) => string | undefined,
): void {
  const visit = (node: ts.Node): void => {
    if (typescript.isVariableDeclarationList(node)) {
      const at = source(node.getStart());
      const keyword = at === undefined ? undefined : usingAt(...at);
      if (keyword !== undefined) edits.replace(node.getStart(), node.getStart() + "const".length, keyword);
    }
    typescript.forEachChild(node, visit);
  };
  visit(file);
}

/** The cell's line and column (from 0) that a position of the output starts at. */
function sourceOf(mappings: readonly Mapping[], lines: Lines) {
  const known = new Map(mappings.map((m) => [lines.position(m.line, m.column), m]));
  return (position: number): readonly [line: number, column: number] | undefined => {
    const mapping = known.get(position);
    return mapping === undefined ? undefined : [mapping.sourceLine - PREFIX_LINES, mapping.sourceColumn];
  };
}

/** Gives code that TypeScript has put before a piece of the cell that piece's place: a debugger stops there, too. */
function addMapping(mappings: Mapping[], lines: Lines, before: number, piece: number): void {
  const index = mappings.findIndex(({ line, column }) => lines.position(line, column) === piece);
  if (index < 0) return;
  const [line, column] = lines.lineAndColumn(before);
  mappings.splice(index, 0, { ...mappings[index]!, line, column });
}

function positionTable(
  mappings: readonly Mapping[],
  before: Lines,
  moved: (position: number) => number | undefined,
  after: Lines,
): PositionTable {
  const table: number[] = [];
  for (const { line, column, sourceLine, sourceColumn } of mappings) {
    const position = moved(before.position(line, column));
    if (position === undefined || sourceLine < PREFIX_LINES) continue;
    table.push(...after.lineAndColumn(position), sourceLine - PREFIX_LINES, sourceColumn);
  }
  return Int32Array.from(table);
}
