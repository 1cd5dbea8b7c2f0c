// Which variables a cell declares, reads and assigns, told from its syntax tree and the types: what the kernel needs to know to say
// that a cell is out of date. What a function or a class does with variables counts for the cells that use it, not for the one
// that declares it: declaring reads nothing.

import type ts from "@tslab/typescript-for-tslab";
import type { CellNames } from "../protocol/threads.js";
import { DECLARATIONS } from "./names.js";
import { typescript } from "./typescript.js";

const { SyntaxKind } = typescript;

/** Of TypeScript's own; not in its public types. */
const { isExpressionNode, isWriteAccess } = typescript as unknown as Record<
  "isExpressionNode" | "isWriteAccess",
  (node: ts.Node) => boolean
>;

interface Uses {
  readonly reads: Set<string>;
  readonly writes: Set<string>;
}

/** The names of a cell that the checker has seen. */
export function cellNames(program: ts.Program, file: ts.SourceFile): CellNames {
  const checker = program.getTypeChecker();
  const { locals } = file as ts.SourceFile & { locals?: ReadonlyMap<string, ts.Symbol> };
  const now = newUses();
  const later = new Map<string, Uses>();

  const isShared = (name: string, symbol: ts.Symbol | undefined): boolean =>
    symbol !== undefined &&
    (locals?.get(name) === symbol ||
      symbol.declarations?.some((d) => DECLARATIONS.test(d.getSourceFile().fileName)) === true);

  const note = (name: ts.Identifier, symbol: ts.Symbol | undefined, { reads, writes }: Uses): void => {
    if (!isShared(name.text, symbol)) return;
    const writes_ = isWriteAccess(name);
    if (writes_) writes.add(name.text);
    if (!writes_ || isUpdate(name)) reads.add(name.text);
  };

  /** `owner`: the variable that holds what is being built, so that a function's body belongs to it. */
  const visit = (node: ts.Node, uses: Uses, owner: string | undefined): void => {
    if (isErased(node)) return;
    if (typescript.isIdentifier(node)) {
      if (isExpressionNode(node)) note(node, checker.getSymbolAtLocation(node), uses);
      return;
    }
    if (typescript.isShorthandPropertyAssignment(node)) {
      note(node.name, checker.getShorthandAssignmentValueSymbol(node), uses);
    }
    const name = ownerOf(node) ?? (RUNS_NOW.has(node.kind) ? undefined : owner);
    if (name !== undefined && runsLater(node)) {
      const inside = later.get(name) ?? newUses();
      later.set(name, inside);
      typescript.forEachChild(node, (child) => visit(child, inside, undefined));
    } else {
      typescript.forEachChild(node, (child) => visit(child, uses, name));
    }
  };
  visit(file, now, undefined);

  return {
    declares: [...(locals?.values() ?? [])].filter(isValue).map(({ name }) => name),
    ...listed(now),
    captures: Object.fromEntries([...later].map(([name, uses]) => [name, listed(uses)])),
  };
}

function newUses(): Uses {
  return { reads: new Set(), writes: new Set() };
}

function listed({ reads, writes }: Uses): { reads: string[]; writes: string[] } {
  return { reads: [...reads], writes: [...writes] };
}

function isValue({ flags }: ts.Symbol): boolean {
  return (flags & (typescript.SymbolFlags.Value | typescript.SymbolFlags.Alias)) !== 0;
}

/** Leaves no trace at run time. What a class extends looks like a type, but is a value. */
function isErased(node: ts.Node): boolean {
  if (typescript.isExpressionWithTypeArguments(node)) return false;
  return (
    typescript.isTypeNode(node) ||
    typescript.isInterfaceDeclaration(node) ||
    typescript.isTypeAliasDeclaration(node) ||
    typescript.isImportDeclaration(node) ||
    typescript.isExportDeclaration(node)
  );
}

/** The top-level variable that a declaration or an assignment gives its value to. */
function ownerOf(node: ts.Node): string | undefined {
  const { parent } = node;
  if (typescript.isFunctionDeclaration(node) || typescript.isClassDeclaration(node)) {
    return typescript.isSourceFile(parent) ? node.name?.text : undefined;
  }
  if (typescript.isVariableDeclaration(node) && typescript.isIdentifier(node.name)) {
    return typescript.isSourceFile(parent.parent.parent) ? node.name.text : undefined;
  }
  if (typescript.isBinaryExpression(node) && node.operatorToken.kind === SyntaxKind.EqualsToken) {
    const isStatement = typescript.isExpressionStatement(parent) && typescript.isSourceFile(parent.parent);
    return isStatement && typescript.isIdentifier(node.left) ? node.left.text : undefined;
  }
  return undefined;
}

/** A function given to one of these may be called at once. */
const RUNS_NOW = new Set([
  SyntaxKind.CallExpression,
  SyntaxKind.NewExpression,
  SyntaxKind.TaggedTemplateExpression,
  SyntaxKind.ClassStaticBlockDeclaration,
]);

function runsLater(node: ts.Node): boolean {
  if (typescript.isPropertyDeclaration(node)) {
    return node.modifiers?.some(({ kind }) => kind === SyntaxKind.StaticKeyword) !== true;
  }
  return typescript.isFunctionLike(node);
}

/** `n += 1` and `n++` read what they write. */
function isUpdate({ parent }: ts.Identifier): boolean {
  if (typescript.isBinaryExpression(parent)) return parent.operatorToken.kind !== SyntaxKind.EqualsToken;
  return typescript.isPrefixUnaryExpression(parent) || typescript.isPostfixUnaryExpression(parent);
}
