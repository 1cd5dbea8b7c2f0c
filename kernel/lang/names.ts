// Two places where tslab's rewriting of earlier cells' names goes wrong, put right before it runs: `{ s }` (shorthand), whose
// value it misses, and the `a` of `const { a: x } = earlier`, a property's name that it takes for a variable.

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
    const isEarlier = (symbol: ts.Symbol | undefined): boolean =>
      symbol?.declarations?.some((d) => DECLARATIONS.test(d.getSourceFile().fileName)) === true;

    const visit = (node: ts.Node): ts.Node => {
      if (typescript.isShorthandPropertyAssignment(node)) {
        const symbol = checker.getShorthandAssignmentValueSymbol(node);
        if (!isEarlier(symbol)) return typescript.visitEachChild(node, visit, context);
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
