// How optimizers and schedules print: PyTorch's words for an optimizer, and no fields.

import { inspect } from "node:util";
import { nn, optim } from "gradbook";
import { expect, test } from "vitest";

const layer = nn.Linear(30, 50);

test("an optimizer prints the options of each group, and its size", () => {
  const optimizer = new optim.SGD([{ params: [layer.weight] }, { params: [layer.bias!], lr: 0.1 + 0.2 }], {
    lr: 0.05,
    momentum: 0.9,
  });
  const options = ["momentum: 0.9", "dampening: 0", "weightDecay: 0", "nesterov: false", "maximize: false"];
  const group = (header: string, lr: string): string[] => [
    `Parameter Group ${header}`,
    ...[`lr: ${lr}`, ...options].map((line) => `    ${line}`),
  ];
  const text = [
    "SGD (",
    ...group("0 (1 tensor, 1,500 numbers)", "0.05"),
    ...group("1 (1 tensor, 50 numbers)", "0.3"),
    ")",
  ].join("\n");
  expect(inspect(optimizer)).toBe(text);
  expect(String(optimizer)).toBe(text);
});

test("a schedule prints what it was made with, and where it is", () => {
  const optimizer = new optim.SGD(layer.parameters(), { lr: 0.1 });
  const schedule = new optim.lrScheduler.StepLR(optimizer, 2);
  for (let i = 0; i < 2; i++) schedule.step();
  expect(inspect(schedule)).toBe("StepLR(stepSize=2, gamma=0.1) after 2 steps: lr 0.01");
  const decay = new optim.lrScheduler.LambdaLR(optimizer, () => 1);
  expect(inspect(decay)).toBe("LambdaLR(lrLambdas=[a function]) after 0 steps: lr 0.1");
});
