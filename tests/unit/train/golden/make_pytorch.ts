// Writes the programs of toPyTorch, runs them in PyTorch, and records how far their outputs and losses are from ours.
// Run from the project's folder, after a build, with the project's Node: node tests/unit/train/golden/make_pytorch.ts PYTHON

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as gb from "gradbook";
import { programOf, pytorchCases } from "../pytorch-cases.ts";

const { nn, data, train, noGrad } = gb;
const HERE = fileURLToPath(new URL(".", import.meta.url));
const scratch = await mkdtemp(join(tmpdir(), "gradbook-pytorch-"));
const record: Record<string, unknown> = {};

for (const one of pytorchCases()) {
  const { name, model, input, loop, runs = true } = one;
  const program = programOf(one);
  await writeFile(join(HERE, `${name}.py`), program);
  await data.saveNpz(join(scratch, `${name}-state.npz`), model.stateDict());
  const ours: Record<string, gb.Tensor> = { input };
  if (runs) ours.output = nn.evalMode(model, () => noGrad(() => model(input) as gb.Tensor));
  let losses: number[] = [];
  if (loop !== undefined) {
    ours.targets = loop.targets;
    const set: [gb.Tensor, gb.Tensor][] = [[input, loop.targets]];
    const { lossFn, ...options } = loop.options!;
    const history = await train.fit(model, set, { ...options, lossFn: lossFn as never, log: null });
    losses = history.map(({ loss }) => loss);
  }
  await data.saveNpz(join(scratch, `${name}.npz`), ours);
  const args = [
    join(HERE, "run_pytorch.py"),
    join(HERE, `${name}.py`),
    scratch,
    name,
    JSON.stringify(losses),
  ];
  const found = JSON.parse(execFileSync(process.argv[2] ?? "python3", args, { encoding: "utf8" }));
  record[name] = { sha256: createHash("sha256").update(program).digest("hex"), ...found };
}
await rm(scratch, { recursive: true });
await writeFile(join(HERE, "pytorch.json"), `${JSON.stringify(record, undefined, 1)}\n`);
console.log(record);
process.exit();
