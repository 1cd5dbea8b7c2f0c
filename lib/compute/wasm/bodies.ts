// Kernels that differ in nothing but the buffers and arguments they work on share one body of code, which takes their addresses
// as parameters: of twenty equal layers one is compiled, and V8 optimises it after a twentieth of the steps.

import type { Expr } from "../../graph/expr.js";
import type { LoopKernel, MatmulKernel } from "../ir.js";
import { pushBuffer, type Range } from "./addressing.js";
import { FunctionBuilder } from "./encoder.js";
import { I32, OP, type ValueType } from "./instructions.js";
import { overlap } from "./lower.js";
import { type MatmulTarget, matmulStages, type Stage } from "./matmul.js";
import { loopParts } from "./parts.js";
import type { ScratchSpace } from "./scratch-space.js";
import { CHUNK_PARAMETERS } from "./team.js";

interface Body {
  readonly stages: readonly Stage[];
  /** The functions of each stage's parts. */
  readonly functions: readonly (readonly number[])[];
  /** Where the next ranges of scratch memory begin after its own. */
  readonly after: readonly number[];
}

export class Bodies {
  readonly #target: MatmulTarget;
  readonly #scratch: readonly ScratchSpace[];
  readonly #known = new Map<string, Body>();

  /** `scratch`: where the target takes its scratch memory from. */
  constructor(target: MatmulTarget, scratch: readonly ScratchSpace[]) {
    this.#target = target;
    this.#scratch = scratch;
  }

  /** The stages of a kernel; `number`: its place in the plan. */
  stages(kernel: LoopKernel | MatmulKernel, number: number): Stage[] {
    const signature = signatureOf(kernel, number, this.#target.buffers);
    const place = `${this.#scratch.map(({ next }) => next)} ${signature.key}`;
    let body = this.#known.get(place);
    if (body === undefined) {
      body = this.#generate(kernel, number, signature);
      this.#known.set(place, body);
    }
    const { stages, functions, after } = body;
    this.#scratch.forEach((space, i) => {
      space.next = after[i]!;
    });
    return stages.map((stage, i) => ({
      ...stage,
      parts: stage.parts.map((part, j) => ({ ...part, code: this.#call(functions[i]![j]!, signature) })),
    }));
  }

  #generate(kernel: LoopKernel | MatmulKernel, number: number, { buffers, args }: Signature): Body {
    const first = CHUNK_PARAMETERS.length;
    const ranges: Range[] = [...this.#target.buffers];
    buffers.forEach((buffer, i) => {
      ranges[buffer] = { kind: "parameter", local: first + i, of: ranges[buffer]! };
    });
    const target: MatmulTarget = {
      ...this.#target,
      buffers: ranges,
      parameters: [...CHUNK_PARAMETERS, ...[...buffers, ...args].map((): ValueType => I32)],
      argument: (index) => ({ local: first + buffers.length + args.indexOf(index), offset: 0 }),
    };
    const stages: Stage[] =
      kernel.kind === "matmul"
        ? matmulStages(kernel, number, target)
        : [{ parts: loopParts(kernel, number, target), steps: 1 }];
    const functions = stages.map(({ parts }) => parts.map(({ code }) => target.module.add(code)));
    return { stages, functions, after: this.#scratch.map(({ next }) => next) };
  }

  /** A chunk of the body with these buffers and arguments. */
  #call(body: number, { buffers, args }: Signature): FunctionBuilder {
    const f = new FunctionBuilder(CHUNK_PARAMETERS);
    for (let parameter = 0; parameter < CHUNK_PARAMETERS.length; parameter++) f.get(parameter);
    for (const buffer of buffers) pushBuffer(f, this.#target.buffers[buffer]!, 0);
    for (const arg of args) {
      const { local, offset } = this.#target.argument(arg);
      f.get(local);
      f.i32(offset);
      f.op(OP.i32_add);
    }
    f.call(body);
    return f;
  }
}

/** The buffers and the arguments of a kernel in the order in which it names them, and a text that is the same for kernels which
 *  compute the same from those in that order. */
interface Signature {
  readonly key: string;
  readonly buffers: readonly number[];
  readonly args: readonly number[];
}

function signatureOf(kernel: LoopKernel | MatmulKernel, number: number, ranges: readonly Range[]): Signature {
  const [buffers, args]: [number[], number[]] = [[], []];
  const placeIn = (list: number[], one: number): number => {
    const known = list.indexOf(one);
    return known >= 0 ? known : list.push(one) - 1;
  };
  const seen = new Map<Expr, number>();
  const text = JSON.stringify(kernel, (name, value: unknown) => {
    if (name === "name") return undefined;
    if (name === "buffer") return placeIn(buffers, value as number);
    // JSON knows no -0, NaN and infinities
    if (typeof value === "number") return Object.is(value, -0) ? "-0" : String(value);
    if (!isExpression(value)) return value;
    if (value.kind === "arg") return `${value.dtype} argument ${placeIn(args, value.index)}`;
    const known = seen.get(value);
    if (known !== undefined) return `as ${known}`;
    seen.set(value, seen.size);
    return value;
  });
  const same = buffers.map((a) => buffers.findIndex((b) => overlap(ranges[a]!, ranges[b]!)));
  // A check says where in the plan it is: a kernel with checks is like no other one.
  const checked = [...seen.keys()].some(({ kind }) => kind === "check");
  return { key: `${checked ? number : ""} ${same} ${text}`, buffers, args };
}

const isExpression = (value: unknown): value is Expr =>
  typeof value === "object" && value !== null && "kind" in value && "dtype" in value;
