// Executes the notebooks (all, or those whose names contain an argument) and fails when a cell of one fails.
// --save writes the outputs into the notebooks.

import { join } from "node:path";
import { parseArgs } from "node:util";
import { build } from "../setup/build.ts";
import { command } from "../setup/command.ts";
import { prepareData } from "../setup/data.ts";
import { allNotebooks, describeOutcome, runNotebook } from "../setup/notebooks.ts";
import { NOTEBOOKS } from "../setup/paths.mjs";
import { Problem } from "../setup/problem.mjs";
import { preparePython } from "../setup/python.ts";

await command(async () => {
  const { values, positionals } = parseArgs({
    options: { save: { type: "boolean" } },
    allowPositionals: true,
  });
  const wanted = (name: string): boolean =>
    positionals.length === 0 || positionals.some((part) => name.includes(part));
  const names = allNotebooks().filter(wanted);
  if (names.length === 0) {
    throw new Problem(
      `No notebook is called ${positionals.join(" or ")}. There are: ${allNotebooks().join(", ")}.`,
    );
  }
  await preparePython();
  await build();
  await prepareData();
  let failed = 0;
  for (const name of names) {
    const outcome = await runNotebook(name, values.save ? { saveTo: join(NOTEBOOKS, name) } : {});
    console.log(describeOutcome(name, outcome));
    if (!outcome.ok) failed++;
  }
  return failed === 0 ? 0 : 1;
});
