// Stopping before a bad step is applied: what `watch(model, { stopOn: [...] })` asks for. Each step then waits for its loss and
// gradients before the parameters change.

import type { Node } from "../../graph/node.js";
import * as ops from "../../graph/ops/index.js";
import type { HookHandle, Module } from "../../module/index.js";
import type { GradientSlot } from "../../tensor/autograd.js";
import { noGrad } from "../../tensor/scope.js";
import { session } from "../../tensor/session.js";
import { Tensor } from "../../tensor/tensor.js";
import { filled } from "../diagnose/describe.js";
import type { RuleId } from "../diagnose/diagnosis.js";
import { HALT_TEXTS, type HaltPhrase } from "../diagnose/halted.js";
import { GRADIENT_EXPLODED, GRADIENT_LARGE, GRADIENT_SPIKE } from "../diagnose/thresholds.js";
import type { Trace } from "../microscope/trace.js";
import { FaultFinder, type FirstFault } from "./first-fault.js";

/** The diagnoses that can be made of one step before it is applied. */
export type StopRule = Extract<RuleId, "nan" | "exploding-gradient" | "gradient-spike">;

/** What a step has, before it is applied. */
interface Look {
  readonly loss: number;
  /** L2 norms of the gradients at the layers' input sums; NaN where a layer has not run. */
  readonly layers: readonly number[];
  /** L2 norm of all parameters' gradients. */
  readonly total: number;
  /** The same of earlier steps. */
  readonly before: readonly number[];
}

const finite = (value: number): boolean => Number.isFinite(value);
const short = (value: number): string => String(Number(value.toPrecision(3)));

const phrase = (text: HaltPhrase["text"], values: HaltPhrase["values"] = {}): HaltPhrase => ({
  text,
  values,
});

/** What is wrong with a step; undefined where nothing is. */
const RULES: { readonly [R in StopRule]: (look: Look) => HaltPhrase | undefined } = {
  nan: ({ loss, total }) => {
    if (!finite(loss)) return phrase("loss", { loss: String(loss) });
    return finite(total) ? undefined : phrase("gradients");
  },
  "exploding-gradient": ({ layers }) => {
    const norms = layers.filter((norm) => norm > 0);
    const ratio = norms[0]! / norms.at(-1)!;
    if (!(ratio > GRADIENT_EXPLODED)) return undefined;
    return phrase("grows", { ratio: short(ratio), limit: String(GRADIENT_EXPLODED) });
  },
  "gradient-spike": ({ total, before }) => {
    const sorted = before.toSorted((a, b) => a - b);
    const usual = sorted[sorted.length >> 1] ?? Number.NaN;
    if (before.length < 3 || !(total > Math.max(GRADIENT_LARGE, GRADIENT_SPIKE * usual))) return undefined;
    return phrase("spike", { total: short(total), usual: short(usual) });
  },
};
const STOP_RULES = Object.keys(RULES) as StopRule[];

/** Steps whose gradients say what is usual. */
const REMEMBERED = 200;

/** Thrown by `optimizer.step()` instead of applying a step that `watch(model, { stopOn: [...] })` is to stop on.
 *
 *  @example
 *  watch(model, { stopOn: ["nan"] });
 *  try {
 *    optimizer.step(model(x).sum().log().neg().sqrt());
 *  } catch (error) {
 *    if (error instanceof gb.train.TrainingHalted) console.log(error.message);
 *  } */
export class TrainingHalted extends Error {
  override readonly name = "TrainingHalted";
  readonly rule: StopRule;
  readonly step: number;
  /** Where the first number that is not finite was made; of "nan" only. */
  readonly fault: FirstFault | undefined;
  /** What was wrong, and why: what the message says in English. */
  readonly reasons: readonly HaltPhrase[];

  constructor(rule: StopRule, step: number, reasons: readonly HaltPhrase[], fault?: FirstFault) {
    const told = reasons.map(({ text, values }) => filled(HALT_TEXTS[text], values)).join(" ");
    super(
      `${rule}: at step ${step}, ${told} The step was not applied: the model is as the last one left it.`,
    );
    this.rule = rule;
    this.step = step;
    this.fault = fault;
    this.reasons = reasons;
  }
}

export class Guard {
  private readonly rules: readonly StopRule[];
  private readonly model: Module;
  private readonly trace: Trace;
  private readonly finder: FaultFinder;
  private readonly norms: number[] = [];
  /** The model's buffers from before the step. */
  private buffers: readonly (readonly [buffer: Tensor, before: Tensor])[] = [];

  /** Throws for rules that there are not. `trace` is to follow each step. */
  constructor(rules: readonly string[], model: Module, trace: Trace) {
    for (const rule of rules) {
      if (Object.hasOwn(RULES, rule)) continue;
      throw new RangeError(
        `watch: stopOn has no rule ${JSON.stringify(rule)}; there are ${STOP_RULES.join(", ")}`,
      );
    }
    this.rules = rules as readonly StopRule[];
    this.model = model;
    this.trace = trace;
    this.finder = new FaultFinder(model);
  }

  attach(): HookHandle[] {
    return this.finder.attach();
  }

  /** At the start of a step. */
  begin(): void {
    this.finder.begin();
    this.buffers = noGrad(() =>
      this.model.buffers().map((buffer) => [buffer, buffer.detach().clone()] as const),
    );
    session().evaluate(this.buffers.map(([, { storage }]) => storage.node));
  }

  addLoss(root: Node): void {
    this.finder.addLoss(root);
  }

  /** Throws if the step is not to be applied; buffers then are as they were before it. */
  check(step: number): void {
    const look = this.look();
    for (const rule of this.rules) {
      const wrong = RULES[rule](look);
      if (wrong === undefined) continue;
      const fault = rule === "nan" ? this.finder.find() : undefined;
      for (const [buffer, before] of this.buffers) buffer.copy_(before);
      throw new TrainingHalted(rule, step, fault ? reasonsOf(fault) : [wrong], fault);
    }
    this.norms.push(look.total);
    if (this.norms.length > REMEMBERED) this.norms.shift();
  }

  /** Loss and gradients of this step, waiting for them. */
  private look(): Look {
    const { trace } = this;
    const zero = (): Node => ops.full([1], 0, "float32");
    const squares = (node: Node | undefined): Node =>
      node === undefined ? zero() : Tensor.from(ops.detached(node)).square().sum().reshape(1).storage.node;
    const gradients = this.model.parameters().flatMap(({ storage }) => {
      const slot = storage.node.slot as GradientSlot | undefined;
      return slot?.gradient === undefined ? [] : [slot.gradient.node];
    });
    const row = noGrad(() => {
      const total = gradients.map(squares).reduce((sum, part) => ops.add(sum, part), zero());
      const loss =
        trace.loss === undefined ? zero() : Tensor.from(ops.detached(trace.loss)).sum().reshape(1).node;
      return ops.concat([loss, total, ...trace.layers.map(({ gradient }) => squares(gradient))], 0);
    });
    const bytes = session().read(row);
    const [loss, total, ...layers] = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
    return { loss: loss!, total: Math.sqrt(total!), layers: layers.map(Math.sqrt), before: this.norms };
  }
}

/** Why an operation gives no finite number, by its name. */
const REASONS: readonly (readonly [operation: RegExp, reason: HaltPhrase])[] = [
  [/\blog/, phrase("log")],
  [/\b(r?sqrt|pow|norm)\b/, phrase("root")],
  [/\b(div|reciprocal)\b/, phrase("division")],
  [/\bexp/, phrase("exp")],
];

/** Where a fault comes from, and why, as far as that is known. */
function reasonsOf({ kind, operation, layer }: FirstFault): HaltPhrase[] {
  if (kind === "batch") return [phrase("batch")];
  if (kind === "parameter") return [phrase("parameter", { name: operation })];
  const place = layer === undefined ? "outside" : "layer";
  const where = phrase(kind === "derivative" ? `${place}Derivative` : place, {
    operation,
    ...(layer !== undefined && { layer }),
  });
  const why = REASONS.find(([pattern]) => pattern.test(operation))?.[1];
  return why ? [where, why] : [where];
}
