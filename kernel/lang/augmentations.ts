// `declare global { ... }` and `declare module "name" { ... }` in a cell: they hold for all later cells, which the converter does
// not know. It takes them for variables, which they are hidden from, and forgets them, so their text is kept beside its own.

import type ts from "@tslab/typescript-for-tslab";
import { typescript } from "./typescript.js";

/** The text of such statements in a cell. */
export function augmentationsIn(file: ts.SourceFile): string[] {
  return file.statements.filter(isAugmentation).map((statement) => statement.getText(file));
}

/** Takes them out of the names that a file declares. */
export function hideAugmentations(file: ts.SourceFile): void {
  const { locals } = file as ts.SourceFile & { locals?: Map<string, ts.Symbol> };
  for (const [name, { declarations = [] }] of locals ?? [])
    if (declarations.some(isAugmentation)) locals?.delete(name);
}

function isAugmentation(node: ts.Node): boolean {
  if (!typescript.isModuleDeclaration(node)) return false;
  return (
    typescript.isStringLiteral(node.name) || (node.flags & typescript.NodeFlags.GlobalAugmentation) !== 0
  );
}
