// tslab's copy of TypeScript (5.0.4) and its converter, loaded with the changes this kernel needs: our compiler options,
// type errors set aside instead of refusing the cell, ES module output, and names that the converter misses.

import { createRequire } from "node:module";
import type ts from "@tslab/typescript-for-tslab";
import type { Converter } from "tslab/dist/converter.js";
import { AMBIENT_FILE, AMBIENT_TEXT } from "./ambient.js";
import { keepNamesRight } from "./names.js";

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

/** The converter; slow (about a second). Call it once a process, since it changes what tslab sees of TypeScript. */
export function loadConverter(options: ConverterOptions): Converter {
  const path = requireFromTslab.resolve("@tslab/typescript-for-tslab");
  const module = require.cache[path];
  if (module === undefined) throw new Error(`TypeScript is not loaded from ${path}`);
  module.exports = { ...typescript, ...changes(options) };
  const { createConverter } = require("tslab/dist/converter.js") as { createConverter(): Converter };
  return createConverter();
}

function changes({ paths, diagnose }: ConverterOptions) {
  return {
    createWatchCompilerHost(
      files: string[],
      tslabOptions: ts.CompilerOptions,
      system: ts.System,
      ...rest: never[]
    ): ts.WatchCompilerHost<ts.EmitAndSemanticDiagnosticsBuilderProgram> {
      const host = typescript.createWatchCompilerHost(
        [...files, AMBIENT_FILE],
        { ...tslabOptions, ...compilerOptions(paths) },
        withAmbientFile(system),
        ...rest,
      ) as ts.WatchCompilerHost<ts.EmitAndSemanticDiagnosticsBuilderProgram>;
      return withBuilder(host, ownBuilder);
    },
    getPreEmitDiagnosticsOfFiles(program: ts.Program, [cell]: readonly ts.SourceFile[]): ts.Diagnostic[] {
      if (cell !== undefined) diagnose(program, cell);
      return [];
    },
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

function withAmbientFile(system: ts.System): ts.System {
  const own = Object.create(system) as ts.System;
  own.readFile = (path, encoding) => (path === AMBIENT_FILE ? AMBIENT_TEXT : system.readFile(path, encoding));
  own.fileExists = (path) => path === AMBIENT_FILE || system.fileExists(path);
  return own;
}

type Builder = ts.EmitAndSemanticDiagnosticsBuilderProgram;

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

/** A program that emits the cell alone (imported .ts files run by Node itself), with names put right before tslab's pass. */
function ownBuilder(builder: Builder): Builder {
  const own = Object.create(builder) as Builder;
  own.getAllDependencies = (file) => [file.fileName];
  own.emit = (file, write, token, onlyDeclarations, transformers) =>
    builder.emit(file, write, token, onlyDeclarations, {
      ...transformers,
      before: [
        keepNamesRight(typescript, builder.getProgram().getTypeChecker()),
        ...(transformers?.before ?? []),
      ],
    });
  return own;
}
