// The documentation of JavaScript's and Node's own declarations. To take it in would be nearly a third of the compiler's start, and it
// is wanted for one name at a time; so it is left out, and put back where somebody asks.

import type ts from "@tslab/typescript-for-tslab";
import type { TypeScript } from "./typescript.js";

/** Files whose documentation is left out. */
const PLATFORM =
  /[\\/]node_modules[\\/](?:@tslab[\\/]typescript-for-tslab|@types[\\/]node|undici-types)[\\/].*\.d\.ts$/;
/** How a comment with documentation begins, and how while it is left out: as long, and what no other comment begins with. */
const [DOCUMENTED, LEFT_OUT] = ["/**", "/*§"];

/** The text of a file for the compiler. No position in it changes. */
export function withoutDocs(file: string, text: string | undefined): string | undefined {
  return PLATFORM.test(file) ? text?.replace(/\/\*\*(?!\/)/g, LEFT_OUT) : text;
}

/** Internal: where the compiler keeps a declaration's documentation, and what it has found in it. */
interface Documented extends ts.Node {
  jsDoc?: ts.Node[];
  jsDocCache?: unknown;
}

/** Puts the documentation of these declarations back. */
export function withDocs(typescript: TypeScript, declarations: readonly ts.Node[]): void {
  for (const declaration of declarations) {
    const file = declaration.getSourceFile();
    if (!PLATFORM.test(file.fileName)) continue;
    const owner = ownerOfComment(typescript, declaration);
    const comment = typescript.getLeadingCommentRanges(file.text, owner.pos)?.at(-1);
    if (owner.jsDoc !== undefined || comment === undefined) continue;
    const text = file.text.slice(comment.pos, comment.end);
    if (!text.startsWith(LEFT_OUT)) continue;
    // at the same position as in the file: the compiler takes names of parameters from there
    const alone = `${" ".repeat(comment.pos)}${DOCUMENTED}${text.slice(LEFT_OUT.length)} let documented: 0;`;
    const { statements } = typescript.createSourceFile(
      "alone.d.ts",
      alone,
      typescript.ScriptTarget.Latest,
      true,
    );
    owner.jsDoc = (statements[0] as Documented).jsDoc ?? [];
    for (const part of owner.jsDoc) (part as { parent: ts.Node }).parent = owner;
    delete owner.jsDocCache;
  }
}

/** A variable's comment stands before its statement. */
function ownerOfComment(typescript: TypeScript, declaration: ts.Node): Documented {
  return typescript.isVariableDeclaration(declaration) ? declaration.parent.parent : declaration;
}
