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
    [
      "(a.gt(1) && a.lt(2)).toArray()",
      {
        value: "[ true, false ]",
        warns: ["'&&' between two tensors gives the second. Write a.logicalAnd(b)"],
      },
    ],
    ["(maybe || b).toArray()", "[ 1, 2 ]"],
    [
      "const m = tensor([[1, 2], [3, 4]]); m[1, 0].toArray()",
      { value: "[ 1, 2 ]", warns: ["only the last one counts. Write x.index(1, 0)."] },
    ],
    ["const [top, at] = m.max(1); [top.toArray(), at.toArray()]", "[ [ 2, 4 ], [ 1, 1 ] ]"],
    ["m.sort(1, true)", { warns: [""], fails: ["sort: needs options such as { dim: ... }, got a boolean"] }],
  ],
  "parts that an option of a layer turns off": [
    ["const layer = nn.Linear(2, 3); layer.bias.data.fill_(0.5).sum().item()", "1.5"],
    ["nn.Linear(2, 3, { bias: false }).bias", "null"],
    ["nn.Linear(2, 3, { bias: false }).bias.shape", { warns: ["'null'"], fails: ["of null"] }],
    [
      "[nn.Conv2d(1, 2, 3).bias, nn.BatchNorm1d(2).runningMean, nn.GroupNorm(1, 2).bias, nn.LayerNorm(2).bias].map((part) => part.shape)",
      "[ [ 2 ], [ 2 ], [ 2 ], [ 2 ] ]",
    ],
    [
      "[nn.InstanceNorm1d(2, { affine: true }).weight.shape, nn.InstanceNorm1d(2).weight, nn.LayerNorm(2, { bias: false }).bias]",
      "[ [ 2 ], null, null ]",
    ],
    [
      "nn.BatchNorm1d(2, { afine: false })",
      { warns: ["'afine' does not exist"], fails: ['no option "afine"'] },
    ],
    [
      "const model = nn.Sequential(layer, nn.ReLU()); for (const m of model) if (m instanceof nn.Linear) m.bias.data.zero_()",
      { warns: ["'m.bias' is possibly 'null'. Ask first, with if (m.bias) or m.bias?., or write m.bias!"] },
    ],
    [
      "[nn.Linear, class Own extends nn.Linear {}]",
      "[ [class Linear extends Module], [class Own extends Linear] ]",
    ],
  ],
  "fields that only the constructor names": [
    [
      "class Net extends nn.Module {\n  constructor() { super(); this.fc1 = nn.Linear(2, 3); this.act = nn.ReLU(); }\n  forward(x: Tensor) { return this.act(this.fc1(x)); }\n}\nconst net = new Net(); net.fc1.weight.shape",
      "[ 3, 2 ]",
    ],
    [
      "[net(tensor.ones(1, 2)).shape, net.fc1.bias.shape, Object.keys(net.stateDict()).length]",
      "[ [ 1, 3 ], [ 3 ], 2 ]",
    ],
    [
      "class Wide extends Net { constructor() { super(); this.fc2 = nn.Linear(3, 1); } override forward(x: Tensor) { return this.fc2(super.forward(x)); } }\nnew Wide()(tensor.ones(1, 2)).shape",
      "[ 1, 1 ]",
    ],
    ["net.fc3", { warns: ["Property 'fc3' does not exist on type 'Net'."] }],
    [
      "class Count { constructor(n: number) { if (n > 0) this.n = n; } twice() { return 2 * this.n; } }",
      { warns: ["possibly 'undefined'. Ask first, with if (this.n)"] },
    ],
    ["class Late { set() { this.size = 1; } }", { warns: ["Property 'size' does not exist on type 'Late'"] }],
  ],
  "options that functions do not have": [
    [
      "F.leakyRelu(tensor([-1]), 0.2)",
      { warns: [""], fails: ["leakyRelu: needs options such as { negativeSlope: ... }, got 0.2"] },
    ],
    [
      "F.gelu(tensor([1]), { approx: 'tanh' })",
      { warns: [""], fails: ['gelu: has no option "approx"; it has approximate'] },
    ],
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
