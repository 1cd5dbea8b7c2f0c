// What is known of a name, as text and as Markdown: signature, description, and the examples as code.

import type ts from "@tslab/typescript-for-tslab";
import type { Inspection } from "../protocol/threads.js";
import { typescript } from "./typescript.js";

export function explanation(info: ts.QuickInfo): Inspection {
  const signature = typescript
    .displayPartsToString(info.displayParts)
    .replace(/^\(alias\) /, "")
    .replace(/\n(?:import|export) .*$/s, "");
  const description = typescript.displayPartsToString(info.documentation);
  const tags = (info.tags ?? []).map(({ name, text }) => ({
    name,
    text: typescript.displayPartsToString(text),
  }));
  const plain = tags.map(({ name, text }) =>
    name === "example" ? `Example:\n${indented(text)}` : `@${name} ${text}`,
  );
  const marked = tags.map(({ name, text }) => (name === "example" ? fenced(text) : `*@${name}* ${text}`));
  const joined = (...parts: string[]): string => parts.filter((part) => part !== "").join("\n\n");
  return {
    plain: joined(signature, description, ...plain),
    markdown: joined(fenced(signature), description, ...marked),
  };
}

/** Code in a block of its own, unless it is one already. */
function fenced(code: string): string {
  return /^\s*```/m.test(code) ? code : `\`\`\`typescript\n${code}\n\`\`\``;
}

function indented(code: string): string {
  return code.replaceAll(/^/gm, "    ");
}
