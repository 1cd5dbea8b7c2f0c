// `x[0]`, going through a tensor, and what PyTorch's users write that is something else here.

import * as gb from "gradbook";
import { expect, test, vi } from "vitest";

const { tensor, Tensor, nn, optim } = gb;
const x = tensor([
  [1, 2, 3],
  [4, 5, 6],
]);

test("a whole number is a position along the first dim", () => {
  expect(x[0]!.toArray()).toEqual([1, 2, 3]);
  expect(x[-1]![1]!.item()).toBe(5);
  expect(() => x[2]).toThrow("select: index 2 is out of range for dim 0 of [2, 3]");
  expect(() => x[0]![0]![0]).toThrow(RangeError);
});

test("its gradient is that of at()", () => {
  const w = tensor([1, 2, 3], { requiresGrad: true });
  w[1]!.mul(5).backward();
  expect(w.grad!.toArray()).toEqual([0, 5, 0]);
});

test("a position cannot be assigned to", () => {
  expect(() => {
    (x as unknown as unknown[])[1] = 3;
  }).toThrow("x[1] = ... is not possible; write x.indexPut_([1], values)");
  const changed = x.clone();
  expect(changed.indexPut_([1], 3).toArray()).toEqual([
    [1, 2, 3],
    [3, 3, 3],
  ]);
});

test("other names are looked up as in any object", () => {
  const loose = x as unknown as Record<string, unknown>;
  expect(loose.nothing).toBeUndefined();
  expect("01" in x || 0 in x).toBe(false);
  expect(loose["01"]).toBeUndefined();
  expect(x).toBeInstanceOf(Object);
  expect(Object.hasOwn(x, "storage")).toBe(true);
  const noted = tensor([1]) as unknown as { note?: string };
  noted.note = "mine";
  expect(Object.entries(noted)).toContainEqual(["note", "mine"]);
});

test("a tensor is gone through along its first dim", () => {
  expect([...x].map((row) => row.toArray())).toEqual(x.toArray());
  const [first, second] = x;
  expect(first!.add(second!).toArray()).toEqual([5, 7, 9]);
  expect(() => [...tensor(1)]).toThrow("a tensor without dimensions has no parts to go through");
});

test.each([
  ["numpy", "use toTypedArray() or toArray()"],
  ["tolist", "use toArray()"],
  ["cuda", 'gb.device("webgpu")'],
  ["dim", "use ndim"],
])("x.%s says what it is called here", (name, remedy) => {
  expect(() => (x as unknown as Record<string, () => void>)[name]!()).toThrow(remedy);
});

test("where a tensor is computed, how it is made, and what is a list of parameters", () => {
  expect(() => x.to("cuda" as gb.DType)).toThrow('to: a tensor is not moved to "cuda": gb.device("wasm") or');
  expect(() => new Tensor([1, 2] as never)).toThrow("make tensors with tensor([1, 2, 3])");
  expect(() => new optim.SGD(nn.Linear(2, 2).weight as never, { lr: 0.1 })).toThrow(
    "needs a list of parameters",
  );
});

test("who changes what is a view in PyTorch is warned, once", () => {
  const warned = vi.spyOn(console, "warn").mockImplementation(() => {});
  const y = x.clone();
  y.add(1).relu_();
  nn.init.zeros_(nn.Linear(2, 2).weight);
  expect(warned).not.toHaveBeenCalled();
  y.at(0).fill_(9);
  y.t().zero_();
  expect(warned.mock.calls).toEqual([[expect.stringContaining("unlike PyTorch's views it is a copy")]]);
  expect(y.toArray()).toEqual(x.toArray());
  warned.mockRestore();
});
