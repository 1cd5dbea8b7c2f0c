// The same seed and the same number of threads give the same bits, in every process and in both homes of the engine.

import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const PROGRAM = `
  import { createHash } from "node:crypto";
  import { F, manualSeed, nn, optim, tensor } from "gradbook";
  import { closeSession } from "gradbook/tensor/session";
  manualSeed(42);
  const model = nn.Sequential(
    nn.Linear(200, 300), nn.BatchNorm1d(300), nn.SiLU(), nn.Linear(300, 100), nn.LayerNorm(100), nn.ReLU(),
    nn.Dropout(0.2), nn.Linear(100, 10));
  const optimizer = new optim.NAdam(model.parameters(), { lr: 0.01 });
  const hash = createHash("sha256");
  for (let step = 0; step < 20; step++) {
    const loss = F.crossEntropy(model(tensor.randn(64, 200)), tensor.randint(0, 10, [64]));
    optimizer.step(loss);
    hash.update(loss.toTypedArray());
  }
  for (const parameter of model.parameters()) hash.update(parameter.toTypedArray());
  console.log(hash.digest("hex"));
  closeSession();
`;

/** What a new process has computed, as a hash of all losses and of the weights at the end. */
async function train(environment: Record<string, string>): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", PROGRAM], {
    cwd: fileURLToPath(new URL(".", import.meta.url)),
    env: { ...process.env, ...environment },
  });
  return stdout.trim();
}

test("a training is repeated bit for bit", async () => {
  const homes = ["0", "0", "1"];
  const runs = await Promise.all(homes.map((server) => train({ GRADBOOK_SERVER: server })));
  expect(runs[0]).toMatch(/^[0-9a-f]{64}$/);
  expect(new Set(runs).size).toBe(1);
});
