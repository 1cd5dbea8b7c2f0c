// toPyTorch: the programs are those that golden/make_pytorch.ts has run in PyTorch, where they gave our outputs and losses.

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import * as gb from "gradbook";
import { closeSession } from "gradbook/tensor/session";
import { afterAll, describe, expect, test } from "vitest";
import { programOf, pytorchCases } from "./pytorch-cases.js";

const { nn, optim } = gb;
const golden = (name: string): string => readFileSync(new URL(`./golden/${name}`, import.meta.url), "utf8");
const record = JSON.parse(golden("pytorch.json"));

afterAll(closeSession);

describe("programs that have been run in PyTorch", () => {
  const cases = pytorchCases();
  test.each(cases.map((one) => [one.name, one] as const))("%s", (name, one) => {
    const program = programOf(one);
    expect(program).toBe(golden(`${name}.py`));
    const { sha256, output, losses, refuses } = record[name];
    expect(sha256).toBe(createHash("sha256").update(program).digest("hex"));
    if (one.runs ?? true) expect(output).toBeLessThan(2e-6);
    else expect(refuses).toBe("translate Residual.forward from the TypeScript above");
    if (one.loop !== undefined) expect(losses).toBeLessThan(1e-5);
  });

  test("are all of them", () => {
    expect(Object.keys(record)).toEqual(cases.map(({ name }) => name));
  });
});

test("a forward of one's own stands in the program, to be translated", () => {
  const own = pytorchCases().find(({ runs }) => runs === false)!;
  expect(gb.toPyTorch(own.model)).toMatch(
    /# .*forward\(x[\s\S]*# .*this\.scale[\s\S]*raise NotImplementedError/,
  );
});

test("weights are loaded from the file of gb.save", () => {
  const program = gb.toPyTorch(nn.Linear(1, 1), { weights: "my model.safetensors" });
  expect(program).toContain("from safetensors.torch import load_file\n");
  expect(program).toContain('model.load_state_dict(load_file("my model.safetensors"))\n');
});

test("what PyTorch does not have is refused with what to take instead", () => {
  const model = nn.Linear(1, 1);
  const fit = { optimizer: new optim.Lion(model.parameters()), lossFn: nn.MSELoss(), epochs: 1 };
  expect(() => gb.toPyTorch(model, { fit })).toThrow(
    "PyTorch has no Lion; choose another optimizer, such as AdamW",
  );
  const other = { ...fit, optimizer: new optim.SGD(nn.Linear(1, 1).parameters()) };
  expect(() => gb.toPyTorch(model, { fit: other })).toThrow("parameters that the model has not");
  const loss = { ...fit, optimizer: new optim.SGD(model.parameters()), lossFn: nn.ReLU() };
  expect(() => gb.toPyTorch(model, { fit: loss })).toThrow("such as nn.CrossEntropyLoss()");
});
