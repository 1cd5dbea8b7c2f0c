// The public surface of the library, read from its declarations: every function, class, method and type that a user can name,
// with its signature and what its docstring says.

import { typescript as ts } from "@gradbook/kernel/lang/typescript";
import type TS from "@tslab/typescript-for-tslab";
import { INDEX, LIBRARY, openDeclarations } from "./declarations.ts";

export type Kind = "function" | "class" | "method" | "property" | "value" | "type";

export interface Entry {
  /** As users write it: `nn.Linear`, `tensor.zeros`, `Tensor.sum` for a method. */
  readonly path: string;
  readonly kind: Kind;
  /** Other names of the same thing. */
  readonly also: string[];
  /** One line a signature. */
  readonly signatures: readonly string[];
  /** The docstring without its examples, as Markdown. */
  readonly text: string;
  /** Code of the examples. */
  readonly examples: readonly string[];
}

/** Where a namespace is looked at first is where its things are documented. */
const ROOTS = ["Tensor", "Generator", "tensor", "init", "norm", "F", "nn", "optim", "data", "train"];

/** Methods that printing calls; what they do shows. */
const PRINTING = new Set(["extraRepr", "toString"]);

const FORMAT = ts.TypeFormatFlags.NoTruncation | ts.TypeFormatFlags.WriteArrowStyleSignature;

/** Everything public, in order of its path's namespace. */
export function readSurface(): Entry[] {
  return new SurfaceReader().read();
}

class SurfaceReader {
  readonly #checker: TS.TypeChecker;
  readonly #index: TS.SourceFile;
  readonly #library: string;
  readonly #entries = new Map<TS.Declaration, Entry>();
  readonly #opened = new Set<TS.Symbol>();
  /** Classes by the declaration of their instances, with the path they are known by. */
  readonly #classes = new Map<TS.Declaration, { path: string; instance: TS.Type }>();

  /** Methods that are functions of a namespace, too: `tensor.exp(x)` for `x.exp()`. */
  readonly #functions: { method: TS.Declaration; path: string }[] = [];

  constructor() {
    const program = openDeclarations();
    this.#checker = program.getTypeChecker();
    this.#index = program.getSourceFile(INDEX)!;
    this.#library = LIBRARY;
  }

  read(): Entry[] {
    const found = this.#checker.getExportsOfModule(this.#checker.getSymbolAtLocation(this.#index)!);
    const rank = ({ name }: TS.Symbol): number =>
      (ROOTS.indexOf(name) + ROOTS.length + 1) % (ROOTS.length + 1);
    for (const symbol of [...found].sort((a, b) => rank(a) - rank(b))) this.#visit(symbol, symbol.name);
    for (const { path, instance } of new Set(this.#classes.values())) this.#members(instance, path);
    for (const { method, path } of this.#functions) this.#entries.get(method)?.also.push(path);
    return [...this.#entries.values()];
  }

  #visit(given: TS.Symbol, path: string): void {
    const symbol = (given.flags & ts.SymbolFlags.Alias) !== 0 ? this.#checker.getAliasedSymbol(given) : given;
    if ((symbol.flags & ts.SymbolFlags.Module) !== 0) {
      if (this.#opened.has(symbol)) return;
      this.#opened.add(symbol);
      for (const member of this.#checker.getExportsOfModule(symbol))
        this.#visit(member, `${path}.${member.name}`);
      return;
    }
    const declaration = symbol.declarations?.[0];
    if (declaration === undefined || !this.#isOurs(declaration)) return;
    const known = this.#entries.get(declaration);
    if (known !== undefined) {
      if (!known.also.includes(path) && known.path !== path) known.also.push(path);
      return;
    }
    if ((symbol.flags & ts.SymbolFlags.Value) === 0) this.#enter(declaration, symbol, path, "type", []);
    else this.#visitValue(declaration, symbol, path);
  }

  #isOurs(declaration: TS.Declaration): boolean {
    return declaration.getSourceFile().fileName.startsWith(this.#library);
  }

  #isInternal(symbol: TS.Symbol): boolean {
    return symbol.getJsDocTags(this.#checker).some(({ name }) => name === "internal");
  }

  #visitValue(declaration: TS.Declaration, symbol: TS.Symbol, path: string): void {
    const type = this.#checker.getTypeOfSymbolAtLocation(symbol, declaration);
    const constructors = type.getConstructSignatures();
    const calls = type.getCallSignatures();
    if (constructors.length > 0) {
      const instance = this.#classBehind(constructors[0]!.getReturnType());
      const own = instance.symbol?.declarations?.[0];
      // a property that holds a class, as tensor.Tensor does
      const before = own && this.#classes.get(own)?.path;
      if (before !== undefined && path.endsWith(`.${before}`)) return;
      this.#enter(declaration, symbol, path, "class", constructors);
      const entry = { path, instance };
      for (const one of instance.symbol?.declarations ?? []) this.#classes.set(one, entry);
    } else if (calls.length > 0) {
      this.#enter(declaration, symbol, path, "function", calls);
      if (path === "tensor") for (const member of type.getProperties()) this.#visitMember(member, path);
    } else this.#enter(declaration, symbol, path, "value", []);
  }

  /** Of a class with parts that depend on its options, `Layer & Parts`, the class, unless it has an entry of its own. */
  #classBehind(made: TS.Type): TS.Type {
    const [first] = made.isIntersection() ? made.types : [];
    const isKnown = first?.symbol?.declarations?.some((declaration) => this.#classes.has(declaration));
    return first?.isClass() && !isKnown ? first : made;
  }

  /** `tensor.zeros`, ...: properties of the callable namespace, which are functions and classes of their own. */
  #visitMember(member: TS.Symbol, path: string): void {
    const declaration = member.declarations?.[0];
    if (declaration === undefined || !this.#isOurs(declaration)) return;
    const known = this.#entries.get(declaration);
    if (ts.isMethodDeclaration(declaration))
      this.#functions.push({ method: declaration, path: `${path}.${member.name}` });
    else if (known === undefined) this.#visitValue(declaration, member, `${path}.${member.name}`);
  }

  /** What the class declares, with what it inherits from classes that have no entry of their own. */
  #members(instance: TS.Type, path: string): void {
    for (const member of instance.getProperties()) {
      const declaration = member.declarations?.[0];
      if (declaration === undefined || !this.#isOurs(declaration) || this.#entries.has(declaration)) continue;
      const owner = this.#classes.get(declaration.parent as TS.Declaration)?.path ?? path;
      if (owner !== path || !isPublic(member, declaration) || this.#isInternal(member)) continue;
      const signatures = this.#checker.getTypeOfSymbolAtLocation(member, declaration).getCallSignatures();
      const method = ts.isMethodDeclaration(declaration) || ts.isMethodSignature(declaration);
      this.#enter(
        declaration,
        member,
        `${path}.${member.name}`,
        method ? "method" : "property",
        method ? signatures : [],
      );
    }
  }

  #enter(
    declaration: TS.Declaration,
    symbol: TS.Symbol,
    path: string,
    kind: Kind,
    signatures: readonly TS.Signature[],
  ): void {
    const name = path.slice(path.lastIndexOf(".") + 1);
    const lines = signatures.map(
      (one) => `${name}${this.#checker.signatureToString(one, declaration, FORMAT)}`,
    );
    if (kind === "property" || kind === "value")
      lines.push(
        `${name}: ${this.#checker.typeToString(this.#checker.getTypeOfSymbolAtLocation(symbol, declaration), declaration, FORMAT)}`,
      );
    // a type that its place does not import is written with the path of its file, which is nobody's business
    const readable = lines.map((line) => line.replaceAll(/import\("[^"]*"\)\./g, ""));
    const { text, examples } = readDoc(symbol, this.#checker);
    this.#entries.set(declaration, { path, kind, also: [], signatures: readable, text, examples });
  }
}

function isPublic(member: TS.Symbol, declaration: TS.Declaration): boolean {
  const hidden = ts.ModifierFlags.Private | ts.ModifierFlags.Protected;
  return (
    (ts.getCombinedModifierFlags(declaration) & hidden) === 0 &&
    !member.name.startsWith("__") &&
    !/^[#_]/.test(member.name) &&
    !PRINTING.has(member.name) &&
    !ts.isPrivateIdentifier((declaration as TS.NamedDeclaration).name ?? declaration)
  );
}

/** A docstring's text, and the code of its examples: `@example` tags and fenced blocks. */
function readDoc(symbol: TS.Symbol, checker: TS.TypeChecker): { text: string; examples: string[] } {
  const examples: string[] = [];
  const whole = ts.displayPartsToString(symbol.getDocumentationComment(checker));
  const text = whole.replace(/```ts\n([\s\S]*?)```/g, (_, code: string) => {
    examples.push(code.trimEnd());
    return "";
  });
  for (const tag of symbol.getJsDocTags(checker)) {
    if (tag.name !== "example") continue;
    const body = ts.displayPartsToString(tag.text).trim();
    const blocks = [...body.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code]) => code!.trimEnd());
    examples.push(...(blocks.length > 0 ? blocks : [body]));
  }
  return { text: text.replace(/\n{3,}/g, "\n\n").trim(), examples };
}
