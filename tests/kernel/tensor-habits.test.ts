// What newcomers from Python write with tensors that JavaScript allows, or half allows, and what the notebook says.

import { fileURLToPath } from "node:url";
import { describe, test } from "vitest";
import { sharedKernel } from "./kernel.js";
import { runsIn, type Shows } from "./shows.js";

const IDENTITY = "asks whether two tensors are the same object. Write a.eq(b) to compare their values";
const ALWAYS = "A tensor is true as a condition, whatever its value. Write .item()";

const PAGES: Readonly<Record<string, readonly (readonly [code: string, shows: Shows])[]>> = {
  "comparisons and conditions of tensors": [
    ["const a = tensor([1, 2]), b = tensor([1, 2]);", undefined],
    ["a == b", { value: "false", warns: [`1:1 warning: '==' ${IDENTITY}`, "a == b"] }],
    ["a.argmax(0) === b.argmax(0)", { value: "false", warns: [`'===' ${IDENTITY}`] }],
    ["new gb.Parameter(a) != b", { value: "true", warns: ["Write a.ne(b)"] }],
    ["a.mean().lt(0) ? 'below' : 'above'", { value: "'below'", warns: [ALWAYS] }],
    ["if (a.mean().lt(0)) console.log('below')", { prints: "below\n", warns: [ALWAYS] }],
    ["!a", { value: "false", warns: [ALWAYS] }],
    ["a.eq(b).all().item() ? 'equal' : 'different'", "'equal'"],
    ["let maybe = a as gb.Tensor | null; [maybe === a, maybe ? 1 : 0]", "[ true, 1 ]"],
    ["a.grad === null", "true"],
  ],
  "slices and keywords of Python": [
    ["a[0:1]", { fails: ["SyntaxError", "There are no slices with colons. Write x.slice(0, 5)"] }],
    ["a[-1:]", { fails: ["SyntaxError", "There are no slices with colons."] }],
    ["a[a ? 1 : ]", { fails: ["SyntaxError"] }],
    [
      "a.sum(axis=0)",
      { warns: [""], fails: ["axis is not defined", "{ dim: value } instead of axis=value"] },
    ],
    [
      "new optim.SGD([], lr=0.1)",
      { warns: [""], fails: ["lr is not defined", "Options go into an object: { lr: value }"] },
    ],
    ["a + 1", { warns: [""], fails: ["tensors have no operators in TypeScript: write a.add(b)"] }],
    ["a.requires_grad = true", { warns: [""], fails: ["it is requiresGrad here"] }],
  ],
};

const runs = runsIn(sharedKernel({ library: fileURLToPath(import.meta.resolve("gradbook")) }));

for (const [page, cells] of Object.entries(PAGES)) {
  describe(page, () => {
    test.each(cells)("%s", runs);
  });
}
