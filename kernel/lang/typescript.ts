// tslab's copy of TypeScript (5.0.4) and its converter, loaded with the changes this kernel needs: our compiler options,
// type errors set aside instead of refusing the cell, ES module output, and names that the converter misses.

import { createRequire } from "node:module";
import path from "node:path";
import type ts from "@tslab/typescript-for-tslab";
import type { Converter, ConvertResult } from "tslab/dist/converter.js";
import { AMBIENT_FILE, AMBIENT_TEXT } from "./ambient.js";
import { hideAugmentations } from "./augmentations.js";
import { hints } from "./hints.js";
import { withoutDocs } from "./late-docs.js";
import { DECLARATIONS, exportAsWritten, keepNamesRight } from "./names.js";
import { Declarations } from "./unchanged.js";
import { withFewWatchers } from "./watchers.js";

export type TypeScript = typeof ts;

const require = createRequire(import.meta.url);
const requireFromTslab = createRequire(require.resolve("tslab/dist/converter.js"));

/** tslab's TypeScript, unchanged. */
export const typescript: TypeScript = requireFromTslab("@tslab/typescript-for-tslab") as TypeScript;

export interface ConverterOptions {
  /** Where each aliased module's declarations lie: `gradbook`, `gradbook/*`. */
  readonly paths: Record<string, string[]>;
  /** Looks at a cell before it is emitted; nothing it finds stops the conversion. */
  readonly diagnose: (program: ts.Program, cell: ts.SourceFile) => void;
}

/** tslab's converter, which can be told by which rules it compiles decorators. */
export interface CellConverter extends Converter {
  useDecorators(kind: "standard" | "older"): void;
}

/** The converter; slow (about a second). Call it once a process, since it changes what tslab sees of TypeScript. */
export function loadConverter(options: ConverterOptions): CellConverter {
  const file = requireFromTslab.resolve("@tslab/typescript-for-tslab");
  const module = require.cache[file];
  if (module === undefined) throw new Error(`TypeScript is not loaded from ${file}`);
  const compiling = compilerOptions(options.paths);
  const declarations = new Declarations();
  module.exports = { ...typescript, ...changes(options, compiling, declarations) };
  const { createConverter } = require("tslab/dist/converter.js") as { createConverter(): Converter };
  const converter = createConverter();
  return {
    ...converter,
    convert(previous, cell): ConvertResult {
      const result = converter.convert(previous, cell);
      if (!declarations.declares) delete result.declOutput;
      return result;
    },
    useDecorators(kind: "standard" | "older"): void {
      compiling.experimentalDecorators = kind === "older";
    },
  };
}

/** `compiling`: options on top of tslab's; each cell is compiled by what they say then. */
function changes(
  { paths, diagnose }: ConverterOptions,
  compiling: ts.CompilerOptions,
  declarations: Declarations,
) {
  return {
    createWatchCompilerHost(
      files: string[],
      tslabOptions: ts.CompilerOptions,
      system: ts.System,
      _: unknown,
      ...reporters: [ts.DiagnosticReporter, ts.WatchStatusReporter]
    ): ts.WatchCompilerHost<ts.BuilderProgram> {
      const host = typescript.createWatchCompilerHost(
        [...files, AMBIENT_FILE],
        Object.assign(compiling, { ...tslabOptions, ...compiling }),
        withOwnFiles(declarations.watchedBy(system), paths),
        // The default one tracks which files a change affects, which costs milliseconds a cell and is of no use here.
        typescript.createAbstractBuilder,
        ...reporters,
      );
      return withBuilder(host, ownBuilder);
    },
    getPreEmitDiagnosticsOfFiles(program: ts.Program, [cell]: readonly ts.SourceFile[]): ts.Diagnostic[] {
      if (cell !== undefined) {
        declarations.expect(cell);
        diagnose(program, cell);
      }
      return [];
    },
    createPrinter: declarations.createPrinter,
    ...hints(typescript),
    // tslab's second pass makes CommonJS; rewrite.ts takes the ES module instead.
    transpileModule: (source: string) => ({ outputText: source, diagnostics: [] }),
  };
}

function compilerOptions(paths: Record<string, string[]>): ts.CompilerOptions {
  return {
    moduleResolution: typescript.ModuleResolutionKind.Bundler,
    allowImportingTsExtensions: true,
    strict: true,
    alwaysStrict: false,
    lib: ["lib.esnext.d.ts"],
    allowJs: false,
    checkJs: false,
    inlineSourceMap: true,
    types: ["node"],
    typeRoots: [nodeTypes()],
    baseUrl: "/",
    paths,
  };
}

/** The folder that holds `node`'s declarations. */
function nodeTypes(): string {
  return require.resolve("@types/node/package.json").replace(/[\\/]node[\\/]package\.json$/, "");
}

/** Adds the ambient declarations, and opens the library's: in a file without `export {}` every declaration can be named, so
 *  that the type of `const layer = nn.Linear(2, 3)` reaches later cells by its name. */
function withOwnFiles(system: ts.System, paths: Record<string, string[]>): ts.System {
  const library = Object.values(paths)
    .flat()
    .map((file) => path.dirname(file));
  const isLibrary = (file: string): boolean =>
    file.endsWith(".d.ts") && library.some((folder) => file.startsWith(folder + path.sep));
  const own = withFewWatchers(system, library.map(path.dirname));
  own.readFile = (file, encoding) => {
    if (file === AMBIENT_FILE) return AMBIENT_TEXT;
    const text = withoutDocs(file, system.readFile(file, encoding));
    return isLibrary(file) ? text?.replace(/^export \{\};$/m, "") : text;
  };
  own.fileExists = (file) => file === AMBIENT_FILE || system.fileExists(file);
  return own;
}

type Builder = ts.BuilderProgram;

/** tslab takes each new program from the host's `afterProgramCreate`; hand it `change(program)` instead. */
function withBuilder<Host extends ts.WatchCompilerHost<Builder>>(
  host: Host,
  change: (builder: Builder) => Builder,
): Host {
  let receive: ((builder: Builder) => void) | undefined = host.afterProgramCreate;
  return Object.defineProperty(host, "afterProgramCreate", {
    get: () => (builder: Builder) => receive?.(change(builder)),
    set: (value: (builder: Builder) => void) => {
      receive = value;
    },
  });
}

/** `emit` with its internal last parameter: writes declarations even where a type cannot be named by what is exported. */
type Emit = (
  ...given: [...Required<Parameters<ts.Program["emit"]>>, forceDeclarations: boolean]
) => ts.EmitResult;

/** Internal: finds the names that a file declares; does nothing the second time. */
type BindSourceFile = (file: ts.SourceFile, options: ts.CompilerOptions) => void;

/** Has the checker take the names in the converter's last line, `export { a, b, ... }`, by their declared types. It would look for
 *  each through all assignments of the cell otherwise, which takes as long as the square of their number. */
function exportWithoutFlow(file: ts.SourceFile): void {
  const last = file.statements.at(-1);
  if (last === undefined || !typescript.isExportDeclaration(last)) return;
  if (last.exportClause === undefined || !typescript.isNamedExports(last.exportClause)) return;
  for (const { name } of last.exportClause.elements) delete (name as { flowNode?: unknown }).flowNode;
}

/** A program that emits the cell alone (imported .ts files run by Node itself), with names put right before tslab's pass. */
function ownBuilder(builder: Builder): Builder {
  const own = Object.create(builder) as Builder;
  const { bindSourceFile } = typescript as unknown as { bindSourceFile: BindSourceFile };
  // tslab reads the names a file declares, which the default kind of builder has found by then.
  own.getSourceFile = (name) => {
    const file = builder.getSourceFile(name);
    if (file !== undefined) {
      bindSourceFile(file, builder.getCompilerOptions());
      hideAugmentations(file);
      exportWithoutFlow(file);
      if (!DECLARATIONS.test(name)) exportAsWritten(typescript, file);
    }
    return file;
  };
  own.getAllDependencies = (file) => [file.fileName];
  own.emit = (file, write, token, onlyDeclarations, transformers) => {
    const program = builder.getProgram();
    const before = [keepNamesRight(typescript, program.getTypeChecker()), ...(transformers?.before ?? [])];
    const given = [file, write, token, onlyDeclarations, { ...transformers, before }, true];
    return (program.emit as Emit)(...(given as Parameters<Emit>));
  };
  return own;
}
