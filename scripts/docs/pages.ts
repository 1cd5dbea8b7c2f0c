// The API reference as Markdown pages: one for each namespace, from the public surface.

import { SCENE } from "./examples.ts";
import type { Entry, Kind } from "./surface.ts";

/** Page, its title, and the first sentence. */
const PAGES: Readonly<Record<string, readonly [title: string, about: string]>> = {
  Tensor: ["Tensor", "Methods and properties of a tensor."],
  tensor: ["tensor", "Making tensors, and functions on them: PyTorch's `torch`."],
  init: ["init", "Weight initialisation: PyTorch's `torch.nn.init`, and more."],
  norm: ["norm", "Normalisation layers, and folding them away."],
  F: ["F", "Layers without state, as functions: PyTorch's `torch.nn.functional`."],
  nn: ["nn", "Layers, containers, activations and losses: PyTorch's `torch.nn`."],
  optim: ["optim", "Optimizers and learning-rate schedules: PyTorch's `torch.optim`."],
  data: ["gb.data", "Data sets, loaders and files."],
  train: ["gb.train", "Training loops, metrics, and watching what happens inside."],
  plot: ["plot", "Figures for teaching, one line each."],
  gb: ["gb", "Everything else of the package."],
};

const ORDER: readonly Kind[] = ["function", "class", "value", "type"];

/** File name to text. */
export function apiPages(surface: readonly Entry[]): ReadonlyMap<string, string> {
  const groups = Map.groupBy(surface, ({ path }) => pageOf(path));
  const pages = new Map<string, string>();
  for (const name of Object.keys(PAGES)) {
    const entries = groups.get(name);
    if (entries !== undefined) pages.set(`${name}.md`, page(name, entries));
  }
  pages.set("README.md", overview([...pages.keys()], groups));
  return pages;
}

const pageOf = (path: string): string => {
  const [root] = path.split(".") as [string];
  return root in PAGES ? root : "gb";
};

function overview(files: readonly string[], groups: ReadonlyMap<string, readonly Entry[]>): string {
  const rows = files.map((file) => {
    const name = file.replace(/\.md$/, "");
    const [title, about] = PAGES[name]!;
    return `| [\`${title}\`](${file}) | ${about} | ${groups.get(name)!.filter(({ kind }) => kind !== "property").length} |`;
  });
  return `# API reference

Made from the docstrings by \`npm run docs\`. Names are PyTorch's in camelCase; what has a default goes into one options object at
the end. The examples are run by the tests; \`folder\` is an empty folder, and before each of them stands

\`\`\`ts
${SCENE.trimEnd()}
\`\`\`

| page | what | entries |
|---|---|---|
${rows.join("\n")}
`;
}

function page(name: string, entries: readonly Entry[]): string {
  const [title, about] = PAGES[name]!;
  const members = Map.groupBy(
    entries.filter(({ kind }) => kind === "method" || kind === "property"),
    ({ path }) => path.slice(0, path.lastIndexOf(".")),
  );
  const parts = ORDER.flatMap((kind) => entries.filter((entry) => entry.kind === kind)).map((entry) =>
    section(entry, members.get(entry.path) ?? []),
  );
  return `# ${title}\n\n${about}\n\n${parts.join("\n")}`;
}

function section(entry: Entry, members: readonly Entry[]): string {
  const inner = members.map((member) =>
    member.kind === "method"
      ? `#### ${anchored(member.path)}\n\n${body(member)}${alsoOf(member)}`
      : `- \`${member.signatures[0]}\`${member.text === "" ? "" : `: ${member.text.replace(/\s+/g, " ")}`}\n`,
  );
  return `### ${anchored(entry.path)}\n\n${body(entry)}${alsoOf(entry)}${inner.join("")}`;
}

const alsoOf = ({ also }: Entry): string =>
  also.length > 0 ? `Also: ${also.map((path) => `\`${path}\``).join(", ")}.\n\n` : "";

const anchored = (path: string): string => `\`${path}\``;

function body({ signatures, text, examples }: Entry): string {
  const signature = signatures.length > 0 ? `\`\`\`ts\n${signatures.join("\n")}\n\`\`\`\n\n` : "";
  const shown = examples.map((code) => `\`\`\`ts\n${code}\n\`\`\`\n\n`).join("");
  return `${signature}${text === "" ? "" : `${text}\n\n`}${shown}`;
}
