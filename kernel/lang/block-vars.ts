// `var` in a block or a loop of a cell: a variable of the whole notebook, which the converter leaves out of the declarations that
// later cells see.

import type ts from "@tslab/typescript-for-tslab";
import { typescript } from "./typescript.js";

const { NodeFlags, TypeFormatFlags } = typescript;

/** Declarations of these variables, with the types that they have in the cell. */
export function blockVariables(program: ts.Program, file: ts.SourceFile): string {
  const checker = program.getTypeChecker();
  const { locals } = file as ts.SourceFile & { locals?: ReadonlyMap<string, ts.Symbol> };
  const hidden = [...(locals?.values() ?? [])].filter(
    ({ declarations = [] }) => declarations.length > 0 && declarations.every(isInBlock),
  );
  return hidden
    .map((symbol) => {
      const type = checker.getTypeOfSymbolAtLocation(symbol, file);
      return `declare var ${symbol.name}: ${checker.typeToString(type, file, TypeFormatFlags.NoTruncation)};\n`;
    })
    .join("");
}

function isInBlock(declaration: ts.Declaration): boolean {
  let node: ts.Node = declaration;
  while (typescript.isBindingElement(node) || typescript.isBindingName(node)) node = node.parent;
  if (!typescript.isVariableDeclaration(node)) return false;
  const list = node.parent;
  const isVar = (list.flags & NodeFlags.BlockScoped) === 0;
  const { parent } = list;
  return isVar && !(typescript.isVariableStatement(parent) && typescript.isSourceFile(parent.parent));
}
