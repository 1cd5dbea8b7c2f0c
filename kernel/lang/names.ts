// Names that tslab's rewriting of earlier cells' names misses, put right before it runs: `{ s }` (shorthand), whose value it does
// not see, the `a` of `const { a: x } = earlier`, a property's name that it takes for a variable, and what the cell itself imports,
// which has to be read from its module each time.

import type ts from "@tslab/typescript-for-tslab";
import type { TypeScript } from "./typescript.js";

/** The name of tslab's file with the declarations of earlier cells. */
export const DECLARATIONS: RegExp = /__prev__\.d\.ts$/;

/** A transformer for the cell's syntax tree. */
export function keepNamesRight(
  typescript: TypeScript,
  checker: ts.TypeChecker,
): ts.TransformerFactory<ts.SourceFile> {
  return (context) => (file) => {
    const { factory } = context;
    /** Internal: also tells names that are read from those in declarations and after dots. */
    const { isExpressionNode } = typescript as unknown as { isExpressionNode(node: ts.Node): boolean };
    const isImported = (declaration: ts.Declaration): boolean =>
      typescript.isImportSpecifier(declaration) || typescript.isImportClause(declaration);
    const isShared = (symbol: ts.Symbol | undefined): boolean =>
      symbol?.declarations?.some((d) => DECLARATIONS.test(d.getSourceFile().fileName) || isImported(d)) ===
      true;

    /** Leaves no trace at run time. What a class extends looks like a type, but is a value. */
    const isType = (node: ts.Node): boolean =>
      typescript.isTypeNode(node) && !typescript.isExpressionWithTypeArguments(node);

    const visit = (node: ts.Node): ts.Node => {
      if (typescript.isImportDeclaration(node) || isType(node)) return node;
      if (typescript.isIdentifier(node) && isExpressionNode(node)) {
        const declarations = checker.getSymbolAtLocation(node)?.declarations;
        return declarations?.some(isImported) === true ? earlierName(node) : node;
      }
      if (typescript.isShorthandPropertyAssignment(node)) {
        const symbol = checker.getShorthandAssignmentValueSymbol(node);
        if (!isShared(symbol)) return typescript.visitEachChild(node, visit, context);
        const value = earlierName(node.name);
        const fallback = node.objectAssignmentInitializer;
        return factory.createPropertyAssignment(
          plainName(node.name),
          fallback === undefined
            ? value
            : factory.createAssignment(value, typescript.visitNode(fallback, visit) as ts.Expression),
        );
      }
      if (
        typescript.isBindingElement(node) &&
        node.propertyName !== undefined &&
        typescript.isIdentifier(node.propertyName)
      ) {
        const inner = typescript.visitEachChild(node, visit, context);
        return factory.updateBindingElement(
          inner,
          inner.dotDotDotToken,
          plainName(node.propertyName),
          inner.name,
          inner.initializer,
        );
      }
      return typescript.visitEachChild(node, visit, context);
    };

    const at = <T extends ts.Node>(node: T, original: ts.Node): T => typescript.setTextRange(node, original);
    const plainName = (name: ts.Identifier): ts.Identifier => at(factory.createIdentifier(name.text), name);
    const earlierName = (name: ts.Identifier): ts.Expression =>
      at(factory.createPropertyAccessExpression(factory.createIdentifier("exports"), name.text), name);

    return typescript.visitNode(file, visit) as ts.SourceFile;
  };
}
