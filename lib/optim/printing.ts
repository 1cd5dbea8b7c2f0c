// How optimizers and schedules print: their options, and of parameters how many there are.

import type { Tensor } from "../tensor/tensor.js";

/** What is printed of an optimizer. */
interface Groups {
  readonly paramGroups: readonly (object & { readonly params: readonly Tensor[] })[];
}

/** PyTorch's form, with the size of each group. */
export function optimizerText(optimizer: Groups): string {
  const lines = optimizer.paramGroups.flatMap(({ params, ...options }, i) => {
    const numbers = params.reduce((sum, parameter) => sum + parameter.numel(), 0);
    const size = `${counted(params.length, "tensor")}, ${counted(numbers, "number")}`;
    return [
      `Parameter Group ${i} (${size})`,
      ...entries(options).map(([name, text]) => `    ${name}: ${text}`),
    ];
  });
  return `${optimizer.constructor.name} (\n${lines.join("\n")}\n)`;
}

/** `StepLR(stepSize=10, gamma=0.1) after 3 steps: lr 0.01` */
export function scheduleText(
  schedule: { readonly lastEpoch: number; getLastLr(): readonly number[] },
  options: object,
): string {
  const given = entries(options).map(([name, text]) => `${name}=${text}`);
  const rates = schedule.getLastLr().map(short).join(", ");
  return `${schedule.constructor.name}(${given.join(", ")}) after ${counted(schedule.lastEpoch, "step")}: lr ${rates}`;
}

const counted = (count: number, what: string): string =>
  `${count.toLocaleString("en")} ${what}${count === 1 ? "" : "s"}`;

/** Without the last digits of a float's rounding: 0.01, not 0.010000000000000002. */
const short = (value: number): string => String(Number(value.toPrecision(12)));

function entries(options: object): [string, string][] {
  return Object.entries(options)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => [name, text(value)]);
}

function text(value: unknown): string {
  if (typeof value === "number") return short(value);
  if (Array.isArray(value)) return `[${value.map(text).join(", ")}]`;
  if (typeof value === "function") return "a function";
  return typeof value === "object" && value !== null ? "..." : String(value);
}
