// Tensors print as PyTorch prints them; only what Python writes differently (dtype=torch.int32, requires_grad=True) differs.

import { readFileSync } from "node:fs";
import * as gb from "gradbook";
import { expect, test } from "vitest";

const { tensor, nn } = gb;

interface Golden {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: gb.DType;
  readonly printed: string;
  /** Numbers, or the rule they follow. */
  readonly values:
    | readonly (number | "nan" | "inf" | "-inf")[]
    | { count: number; start: number; step: number };
}

const { tensors } = JSON.parse(readFileSync(new URL("./golden/printing.json", import.meta.url), "utf8")) as {
  tensors: readonly Golden[];
};

const SPECIAL = { nan: Number.NaN, inf: Number.POSITIVE_INFINITY, "-inf": Number.NEGATIVE_INFINITY };

function valuesOf({ values }: Golden): number[] {
  if ("count" in values)
    return Array.from({ length: values.count }, (_, i) => values.start + i * values.step);
  return values.map((value) => (typeof value === "number" ? value : (SPECIAL[value] ?? Number(value))));
}

test.each(tensors)("$name", (golden) => {
  const { shape, dtype, printed } = golden;
  const x = tensor(valuesOf(golden), { dtype }).reshape(shape);
  expect(x.toString()).toBe(printed.replace("dtype=torch.", "dtype="));
});

test("what requires a gradient says so", () => {
  const x = tensor([1, 2], { requiresGrad: true });
  expect(`${x}`).toBe("tensor([1., 2.], requiresGrad=true)");
  expect(`${x.mul(2)}`).toBe("tensor([2., 4.], gradFn=<mul>)");
  expect(`${x.detach()}`).toBe("tensor([1., 2.])");
  expect(`${nn.Linear(1, 1).bias!.data.fill_(0.5)}`).toBe("tensor([0.5000])");
});
