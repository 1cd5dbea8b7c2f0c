// Names that tslab's rewriting of earlier cells' names misses, put right before it runs: `{ s }` (shorthand), whose value it does
// not see, the `a` of `const { a: x } = earlier`, a property's name that it takes for a variable, and what the cell itself imports,
// which has to be read from its module each time. `exports`, which tslab uses for itself, becomes `module.exports`, and `arguments`
// outside of functions a name that nothing has, as in a module.

import type ts from "@tslab/typescript-for-tslab";
import type { TypeScript } from "./typescript.js";

/** The name of tslab's file with the declarations of earlier cells. */
export const DECLARATIONS: RegExp = /__prev__\.d\.ts$/;

/** What stands for `arguments` where there are none; messages of errors name it without the first letters. */
const NO_ARGUMENTS = "__$arguments";

/** A transformer for the cell's syntax tree. */
export function keepNamesRight(
  typescript: TypeScript,
  checker: ts.TypeChecker,
): ts.TransformerFactory<ts.SourceFile> {
  return (context) => (file) => {
    const { factory } = context;
    /** Internal: also tells names that are read from those in declarations. */
    const { isExpressionNode } = typescript as unknown as { isExpressionNode(node: ts.Node): boolean };
    const isImported = (declaration: ts.Declaration): boolean =>
      typescript.isImportSpecifier(declaration) || typescript.isImportClause(declaration);
    const isShared = (symbol: ts.Symbol | undefined): boolean =>
      symbol?.declarations?.some((d) => DECLARATIONS.test(d.getSourceFile().fileName) || isImported(d)) ===
      true;

    const isOfCell = (declaration: ts.Declaration): boolean => {
      const { fileName } = declaration.getSourceFile();
      return fileName === file.fileName || DECLARATIONS.test(fileName);
    };
    const isAfterDot = (node: ts.Node): boolean =>
      typescript.isPropertyAccessExpression(node.parent) && node.parent.name === node;
    const hasArguments = (node: ts.Node): boolean =>
      typescript.findAncestor(
        node,
        (around) => typescript.isFunctionLike(around) && !typescript.isArrowFunction(around),
      ) !== undefined;

    /** Leaves no trace at run time. What a class extends looks like a type, but is a value. */
    const isType = (node: ts.Node): boolean =>
      typescript.isTypeNode(node) && !typescript.isExpressionWithTypeArguments(node);

    const visit = (node: ts.Node): ts.Node => {
      if (typescript.isImportDeclaration(node) || isType(node)) return node;
      if (typescript.isIdentifier(node) && isExpressionNode(node) && !isAfterDot(node)) {
        const declarations = checker.getSymbolAtLocation(node)?.declarations ?? [];
        if (declarations.some(isImported)) return earlierName(node);
        if (node.text === "exports" && !declarations.some(isOfCell)) return moduleExports(node);
        return node.text === "arguments" && !hasArguments(node) ? plainName(node, NO_ARGUMENTS) : node;
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
    const plainName = (name: ts.Identifier, text = name.text): ts.Identifier =>
      at(factory.createIdentifier(text), name);
    const moduleExports = (name: ts.Identifier): ts.Expression =>
      at(factory.createPropertyAccessExpression(factory.createIdentifier("module"), "exports"), name);
    const earlierName = (name: ts.Identifier): ts.Expression =>
      at(factory.createPropertyAccessExpression(factory.createIdentifier("exports"), name.text), name);

    return typescript.visitNode(file, visit) as ts.SourceFile;
  };
}

/** Has the converter write the names of a cell as they are. The compiler keeps those that begin with two underscores under names with
 *  three, by which the converter would export them. */
export function exportAsWritten(typescript: TypeScript, file: ts.SourceFile): void {
  const { locals } = file as ts.SourceFile & { locals?: Map<ts.__String, ts.Symbol> };
  if (locals === undefined) return;
  locals.forEach = (callback) => {
    for (const [name, symbol] of locals)
      callback(symbol, typescript.unescapeLeadingUnderscores(name) as ts.__String, locals);
  };
}
