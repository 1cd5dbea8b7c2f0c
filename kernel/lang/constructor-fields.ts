// Fields that only a constructor names, as in Python: `this.fc1 = nn.Linear(784, 300)`. TypeScript infers their types from there, but
// wants them declared in the class. So the cell is compiled again with declarations, which leave nothing in what runs.

import type ts from "@tslab/typescript-for-tslab";
import { Edits } from "./edits.js";
import { typescript } from "./typescript.js";

/** "Property does not exist". */
const UNKNOWN_PROPERTY = 2339;

/** Undeclared fields by the end of their class, a position in the cell. */
export type UndeclaredFields = ReadonlyMap<number, ReadonlySet<string>>;

/** The fields that constructors in this file give without a declaration. The cell begins at `start`. */
export function undeclaredFields(program: ts.Program, file: ts.SourceFile, start: number): UndeclaredFields {
  const fields = new Map<number, Set<string>>();
  const unknown = new Set(
    program
      .getSemanticDiagnostics(file)
      .filter(({ code }) => code === UNKNOWN_PROPERTY)
      .map((found) => found.start),
  );
  const visit = (node: ts.Node, owner: ts.ClassLikeDeclaration | undefined): void => {
    if (owner !== undefined && typescript.isBinaryExpression(node)) {
      const { left, operatorToken } = node;
      const isGiven =
        operatorToken.kind === typescript.SyntaxKind.EqualsToken &&
        typescript.isPropertyAccessExpression(left) &&
        left.expression.kind === typescript.SyntaxKind.ThisKeyword &&
        unknown.has(left.name.getStart(file));
      if (isGiven) {
        const end = owner.end - "}".length - start;
        fields.set(end, (fields.get(end) ?? new Set()).add(left.name.text));
      }
    }
    typescript.forEachChild(node, (child) => visit(child, ownerIn(node, owner)));
  };
  if (unknown.size > 0) visit(file, undefined);
  return fields;
}

/** The class that `this` is of in a constructor's statements, from which TypeScript infers fields; none elsewhere. */
function ownerIn(
  node: ts.Node,
  owner: ts.ClassLikeDeclaration | undefined,
): ts.ClassLikeDeclaration | undefined {
  if (typescript.isConstructorDeclaration(node)) return node.parent;
  return typescript.isFunctionLike(node) || typescript.isClassLike(node) ? undefined : owner;
}

/** The cell with its fields declared, at the end of their classes: all keeps its place but what stands behind a class on its last
 *  line. */
export function withFields(text: string, fields: UndeclaredFields): string {
  const edits = new Edits(text);
  for (const [end, names] of fields) {
    edits.insert(end, [";", ...[...names].map((name) => `declare ${name};`)].join(""));
  }
  return edits.apply().text;
}
