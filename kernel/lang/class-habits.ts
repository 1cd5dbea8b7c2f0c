// Classes as they are written in Python: with the object as first parameter of methods, and with `__init__`.

import type ts from "@tslab/typescript-for-tslab";
import type { Trap } from "./tensor-traps.js";
import { typescript } from "./typescript.js";

/** Methods with a parameter `self`, and calls of `super().__init__()`. */
export function classHabits(file: ts.SourceFile): Trap[] {
  const habits: Trap[] = [];
  const visit = (node: ts.Node): void => {
    const message = messageOf(node, file);
    if (message !== undefined) habits.push({ node: placeOf(node), message });
    typescript.forEachChild(node, visit);
  };
  visit(file);
  return habits;
}

function messageOf(node: ts.Node, file: ts.SourceFile): string | undefined {
  if (typescript.isParameter(node) && node.name.getText(file) === "self" && isOfMethod(node)) {
    const { parent } = node as { parent: ts.MethodDeclaration };
    const [, ...others] = parent.parameters.map(({ name }) => name.getText(file));
    const method = `${parent.name.getText(file)}(${others.join(", ")})`;
    return `The object is no parameter here. Write ${method} { ... }, and this.name for its fields.`;
  }
  if (typescript.isPropertyAccessExpression(node) && node.name.text === "__init__")
    return "super() does this already. Leave .__init__() out.";
  return undefined;
}

/** The first parameter of a class's method. */
function isOfMethod({ parent, pos }: ts.ParameterDeclaration): boolean {
  return (
    typescript.isMethodDeclaration(parent) &&
    typescript.isClassLike(parent.parent) &&
    parent.parameters.pos === pos
  );
}

const placeOf = (node: ts.Node): ts.Node => (typescript.isPropertyAccessExpression(node) ? node.name : node);
