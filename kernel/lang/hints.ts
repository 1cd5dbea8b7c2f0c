// What the editor is told about names: better completions and explanations than the converter's own, by what the checker knows
// of the things behind imported names.

import type ts from "@tslab/typescript-for-tslab";
import { withDocs } from "./late-docs.js";
import type { TypeScript } from "./typescript.js";

export interface Entry {
  readonly symbol?: ts.Symbol;
  kind: string;
  sortText: string;
  /** How it is called, if it can be; takes a moment to find out. */
  signature?: () => string | undefined;
}

interface Completions {
  getCompletionsAtPosition(...given: unknown[]): { entries: Entry[] } | undefined;
  getCompletionsAtPositionForTslab(
    host: unknown,
    program: ts.Program,
    ...given: unknown[]
  ): { entries: Entry[] } | undefined;
}

/** Internals of TypeScript that the converter calls. */
interface Internals {
  readonly Completions: Completions;
  getQuickInfoAtPosition(
    file: ts.SourceFile,
    checker: ts.TypeChecker,
    token: ts.CancellationToken,
    position: number,
  ): ts.QuickInfo | undefined;
  getTouchingPropertyName(file: ts.SourceFile, position: number): ts.Node;
}

/** What every function has comes after what is its own. */
const LAST = "9";
const FUNCTION_TYPES: ReadonlySet<string> = new Set(["Function", "CallableFunction", "NewableFunction"]);

/** Replacements for what the converter calls. */
export function hints(typescript: TypeScript): Pick<Internals, "Completions" | "getQuickInfoAtPosition"> {
  const { Completions, getQuickInfoAtPosition, getTouchingPropertyName } = typescript as unknown as Internals;
  const { SymbolFlags, sys } = typescript;
  const resolved = (symbol: ts.Symbol, checker: ts.TypeChecker): ts.Symbol =>
    (symbol.flags & SymbolFlags.Alias) === 0 ? symbol : checker.getAliasedSymbol(symbol);

  const kindOf = (symbol: ts.Symbol, checker: ts.TypeChecker): string | undefined => {
    const { flags } = symbol;
    if ((flags & SymbolFlags.Class) !== 0) return "class";
    if ((flags & SymbolFlags.Function) !== 0) return "function";
    if ((flags & SymbolFlags.Enum) !== 0) return "enum";
    if ((flags & SymbolFlags.Module) !== 0) return "module";
    if ((flags & SymbolFlags.Variable) === 0)
      return (flags & SymbolFlags.Type) === 0 ? undefined : "interface";
    const declaration = symbol.valueDeclaration;
    const type = declaration && checker.getTypeOfSymbolAtLocation(symbol, declaration);
    if (type === undefined) return undefined;
    if (type.getConstructSignatures().length > 0) return "class";
    return type.getCallSignatures().length > 0 ? "function" : "const";
  };

  const signatureOf = (symbol: ts.Symbol, checker: ts.TypeChecker): string | undefined => {
    const declaration = symbol.valueDeclaration;
    const type = declaration && checker.getTypeOfSymbolAtLocation(symbol, declaration);
    const signature = type?.getCallSignatures()[0] ?? type?.getConstructSignatures()[0];
    return signature && checker.signatureToString(signature);
  };

  /** What a member stands for in the classes and interfaces that its own extends; it is documented as that is. */
  const overridden = (symbol: ts.Symbol, checker: ts.TypeChecker): ts.Symbol[] => {
    const owner = symbol.valueDeclaration?.parent;
    if (owner === undefined || !(typescript.isClassLike(owner) || typescript.isInterfaceDeclaration(owner)))
      return [];
    const bases = owner.heritageClauses?.flatMap(({ types }) => types) ?? [];
    return bases.flatMap((base) => checker.getTypeAtLocation(base).getProperty(symbol.name) ?? []);
  };

  return {
    Completions: {
      ...Completions,
      /** Asks for symbols, too, and tells by them what stands behind an imported name, and how it is called. */
      getCompletionsAtPositionForTslab(_: unknown, program: ts.Program, ...given: unknown[]) {
        // names of modules are looked for in files; the base of our paths is the root, whose folders are no modules
        const { baseUrl: _base, ...options } = program.getCompilerOptions();
        const getCompilationSettings = (): ts.CompilerOptions => options;
        const useCaseSensitiveFileNames = (): boolean => sys.useCaseSensitiveFileNames;
        const host = { ...sys, useCaseSensitiveFileNames, getCompilationSettings };
        const seen = Object.assign(Object.create(program), { getCompilerOptions: getCompilationSettings });
        const found = Completions.getCompletionsAtPosition(host, seen, ...given, undefined, true);
        const checker = program.getTypeChecker();
        for (const entry of found?.entries ?? []) {
          const { symbol } = entry;
          if (symbol === undefined) continue;
          entry.signature = () => signatureOf(resolved(symbol, checker), checker);
          if (entry.kind === "alias") entry.kind = kindOf(resolved(symbol, checker), checker) ?? entry.kind;
          const { parent } = symbol as ts.Symbol & { parent?: ts.Symbol };
          if (parent !== undefined && FUNCTION_TYPES.has(parent.name)) entry.sortText = LAST + entry.sortText;
        }
        return found;
      },
    },
    /** Of a constant that can be called or made with `new`: how, and its documentation, which the call's own may lack. */
    getQuickInfoAtPosition(
      file: ts.SourceFile,
      checker: ts.TypeChecker,
      token: ts.CancellationToken,
      position: number,
    ): ts.QuickInfo | undefined {
      const symbol = checker.getSymbolAtLocation(getTouchingPropertyName(file, position));
      if (symbol === undefined) return getQuickInfoAtPosition(file, checker, token, position);
      const behind = resolved(symbol, checker);
      const declaration = behind.valueDeclaration;
      const type = declaration && checker.getTypeOfSymbolAtLocation(behind, declaration);
      const called = type?.getCallSignatures().map((signature) => signature.declaration) ?? [];
      const sources = [behind, ...overridden(behind, checker)].flatMap(
        ({ declarations = [] }) => declarations,
      );
      withDocs(typescript, [...sources, ...called.filter((one) => one !== undefined)]);
      const info = getQuickInfoAtPosition(file, checker, token, position);
      if (info === undefined) return info;
      const signatures = type?.getConstructSignatures() ?? [];
      const isConstant = /^(?:\(alias\) )?const /.test(typescript.displayPartsToString(info.displayParts));
      const text = signatures
        .map((signature) => behind.name + checker.signatureToString(signature))
        .join("\n");
      const isDocumented = (info.documentation ?? []).length > 0;
      return {
        ...info,
        ...(signatures.length > 0 && isConstant && { displayParts: [{ text, kind: "text" }] }),
        ...(!isDocumented && {
          documentation: behind.getDocumentationComment(checker),
          tags: behind.getJsDocTags(checker),
        }),
      };
    },
  };
}
