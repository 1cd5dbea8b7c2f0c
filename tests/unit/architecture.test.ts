// ARCHITECTURE.md against the sources: every file has a room, every import is one that the page allows, the page allows
// nothing that is not used, the rooms have no cycles, and the picture shows the same arrows as the list.

import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const PAGE = readFileSync(join(ROOT, "ARCHITECTURE.md"), "utf8");
const NOT_SOURCES = new Set(["dist", "node_modules", "labextension"]);

/** Names in the notation of the page: `a`, `b`. */
const quoted = (text: string): string[] => [...text.matchAll(/`([^`]+)`/g)].map(([, name]) => name!);
const block = (language: string): string =>
  new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``).exec(PAGE)?.[1] ?? "";

interface Room {
  name: string;
  /** Files and folders. */
  places: string[];
  /** What it may import from outside the project; a name stands for everything below it. */
  outside: string[];
}

/** The table of the rooms: name, places, description, outside. */
const ROOMS: Room[] = [...PAGE.matchAll(/^\| \*\*(\w+)\*\* +\|([^|]*)\|[^|]*\|([^|]*)\|$/gm)].map(
  ([, name, places, outside]) => ({ name: name!, places: quoted(places!), outside: quoted(outside!) }),
);

/** The list of allowed imports. */
const ALLOWED = new Map(
  block("rooms")
    .trim()
    .split("\n")
    .map((line) => {
      const [from = "", to = ""] = line.split("->");
      return [from.trim(), to.trim() === "" ? [] : to.trim().split(/\s+/)] as const;
    }),
);

/** The arrows of the picture. */
const DRAWN: [string, string][] = [...block("mermaid").matchAll(/^ *(\w+) --> (.+)$/gm)].flatMap(
  ([, from, to]) => to!.split("&").map((name): [string, string] => [from!, name.trim()]),
);

function sources(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = posix.join(folder, entry.name);
    if (entry.isDirectory()) return NOT_SOURCES.has(entry.name) ? [] : sources(path);
    return /(?<!\.d)\.ts$/.test(entry.name) ? [path] : [];
  });
}

/** The room of a file: the one with the most specific place. */
function roomOf(file: string): string | undefined {
  const matches = ROOMS.flatMap(({ name, places }) =>
    places
      .filter((place) => file === place || file.startsWith(`${place}/`))
      .map((place) => ({ name, place })),
  );
  return matches.sort((a, b) => b.place.length - a.place.length)[0]?.name;
}

/** What a source names: static imports and exports, dynamic imports, and files it starts as threads or processes. */
function imports(text: string): string[] {
  const patterns = [
    /^(?:import|export)\b[^"';]*?\bfrom\s+"([^"]+)"/gm,
    /^import\s+"([^"]+)"/gm,
    /\bimport\("([^"]+)"\)/g,
    /\bnew URL\("(\.[^"]*\.js)", import\.meta\.url\)/g,
  ];
  return patterns.flatMap((pattern) => [...text.matchAll(pattern)].map(([, name]) => name!));
}

/** Where an import leads: a file of the project, or a name from outside. */
function target(file: string, name: string): { file: string } | { outside: string } {
  const source = (path: string): string => path.replace(/\.js$/, ".ts");
  if (name.startsWith(".")) return { file: source(posix.join(posix.dirname(file), name)) };
  if (name === "gradbook") return { file: "lib/index.ts" };
  if (name.startsWith("gradbook/")) return { file: `lib/${name.slice("gradbook/".length)}.ts` };
  if (name.startsWith("@gradbook/kernel/")) return { file: `${name.slice("@gradbook/".length)}.ts` };
  return { outside: name };
}

/** Everything a file imports that the page does not allow, as sentences. */
function offences(file: string, text: string): string[] {
  const from = roomOf(file);
  if (from === undefined) return [`${file} is in no room`];
  return imports(text).flatMap((name) => {
    const to = target(file, name);
    if ("outside" in to) {
      const may = ROOMS.find((room) => room.name === from)!.outside;
      const allowed = may.some((prefix) => to.outside === prefix || to.outside.startsWith(prefix));
      return allowed ? [] : [`${file}: ${from} may not import ${to.outside}`];
    }
    const room = roomOf(to.file);
    if (room === from || (room !== undefined && ALLOWED.get(from)?.includes(room))) return [];
    return [`${file}: ${from} may not import ${room ?? "(no room)"} (${to.file})`];
  });
}

const FILES = ["lib", "kernel", "extension"].flatMap(sources);
const read = (file: string): string => readFileSync(join(ROOT, file), "utf8");

/** Every room that can be reached from one by arrows. */
function reachable(from: string, arrows: (room: string) => readonly string[]): Set<string> {
  const seen = new Set<string>();
  const visit = (room: string): void => {
    for (const next of arrows(room)) {
      if (seen.has(next)) continue;
      seen.add(next);
      visit(next);
    }
  };
  visit(from);
  return seen;
}

/** The files of the project that are loaded with this one, but for what is imported later, or only as a type. */
function loadedWith(file: string, seen: Set<string> = new Set<string>()): Set<string> {
  seen.add(file);
  for (const [, name] of read(file).matchAll(/^(?:import|export)\b(?! type\b)[^"';]*?\bfrom\s+"([^"]+)"/gm)) {
    const to = target(file, name!);
    if ("file" in to && !seen.has(to.file)) loadedWith(to.file, seen);
  }
  return seen;
}

describe("ARCHITECTURE.md", () => {
  test("its table, list and picture name the same rooms", () => {
    const names = ROOMS.map((room) => room.name).sort();
    expect(names.length).toBeGreaterThan(10);
    expect([...ALLOWED.keys()].sort()).toEqual(names);
    expect([...new Set(DRAWN.flat())].sort()).toEqual(names);
  });

  test("every source file imports only what its room may", () => {
    expect(FILES.length).toBeGreaterThan(100);
    expect(FILES.flatMap((file) => offences(file, read(file)))).toEqual([]);
  });

  test("it allows no import that no file needs", () => {
    const used = new Set(
      FILES.flatMap((file) =>
        imports(read(file)).flatMap((name) => {
          const to = target(file, name);
          return "file" in to ? [`${roomOf(file)} -> ${roomOf(to.file)}`] : [];
        }),
      ),
    );
    const allowed = [...ALLOWED].flatMap(([from, to]) => to.map((room) => `${from} -> ${room}`));
    expect(allowed.filter((edge) => !used.has(edge))).toEqual([]);
  });

  test("no room reaches itself", () => {
    const loops = ROOMS.filter(({ name }) => reachable(name, (room) => ALLOWED.get(room) ?? []).has(name));
    expect(loops).toEqual([]);
  });

  test("the picture's arrows lead wherever the list's do, and nowhere else", () => {
    const drawn = (room: string): string[] => DRAWN.filter(([from]) => from === room).map(([, to]) => to);
    for (const { name } of ROOMS) {
      const list = reachable(name, (room) => ALLOWED.get(room) ?? []);
      expect([...reachable(name, drawn)].sort(), `from ${name}`).toEqual([...list].sort());
    }
  });
});

test("the kernel's first reply waits for two dozen of its files at most, and for nothing of the library", () => {
  const files = [
    ...new Set(["kernel/main.ts", "kernel/wire/thread.ts"].flatMap((file) => [...loadedWith(file)])),
  ];
  expect(files).toContain("kernel/wire/sockets.ts");
  expect(files.filter((file) => !file.startsWith("kernel/"))).toEqual([]);
  expect(files.length, files.join(" ")).toBeLessThanOrEqual(24);
});

test("an import against the arrows is noticed, in every form", () => {
  const forbidden = [
    `import { Tensor } from "../tensor/tensor.js";`,
    `import type {\n  Tensor,\n} from "../tensor/tensor.js";`,
    `export * from "../tensor/tensor.js";`,
    `const late = await import("../tensor/tensor.js");`,
    `import "../tensor/tensor.js";`,
    `new Worker(new URL("../tensor/tensor.js", import.meta.url));`,
    `import { Tensor } from "gradbook/tensor/tensor";`,
  ];
  for (const text of forbidden) {
    expect(offences("lib/graph/node.ts", text)).toEqual([
      "lib/graph/node.ts: graph may not import tensor (lib/tensor/tensor.ts)",
    ]);
  }
  expect(offences("lib/nn/linear.ts", `import lodash from "lodash";`)).toHaveLength(1);
  expect(offences("lib/unheard/of.ts", "")).toEqual(["lib/unheard/of.ts is in no room"]);
});
