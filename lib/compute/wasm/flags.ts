// Sets up V8 for numeric WebAssembly: the flag that merges pairs of 128-bit operations into 256-bit ones, and the micro-kernels
// that have been found right and fastest with it.

import { setFlagsFromString } from "node:v8";
import { FunctionBuilder } from "./encoder.js";
import { OP, V128 } from "./instructions.js";
import { encodeLibrary, type TileShape } from "./microkernel.js";
import { ModuleBuilder } from "./module.js";
import { type Contender, measuredRates } from "./rates.js";
import { SelfTest } from "./self-test.js";
import { type Module, wasm } from "./webassembly.js";

const MERGE = "--experimental-wasm-revectorize";
const DO_NOT_MERGE = "--no-experimental-wasm-revectorize";
/** V8 drops baseline code, with what it has learned from it, while another thread may be optimising a function with just that
 *  knowledge, in order to inline: the process then ends with "Check failed: function_feedback != ...". Plans gain nothing from
 *  inlining, and keep their code. Calls through a table have a flag of their own, and crash where only the other one is off. */
const STEADY = ["--no-wasm-inlining", "--no-wasm-inlining-call-indirect", "--no-flush-liftoff-code"];
/** Bytes a function runs through, roughly, before V8 optimises it: a thirteenth of its default. A kernel that takes a few
 *  microseconds in optimised code would run thousands of steps in baseline code, three times slower. */
const EARLY = "--wasm-tiering-budget=1000000";
/** The first V8 that merges what our generators write without further flags: that of Node 24. */
const FIRST_MERGING_V8 = [13, 6] as const;
/** Tiles for 16 registers of 256 bits, for 16 of 128 bits, and for the 32 of 128 bits that ARM has: the accumulators, a row of
 *  the right operand and one factor. */
const WIDE = { rows: 6, columns: 16 };
const NARROW = { rows: 6, columns: 8 };
const TALL = { rows: 8, columns: 8 };
/** What the tile that a processor is expected to like may be slower than the narrow one. */
const PREFERENCE = 0.9;

export interface Engine {
  readonly shape: TileShape;
  /** The micro-kernels for this shape. */
  readonly library: Module;
}

let engine: Engine | undefined;

/** Call before any other module is compiled: the flag holds for the whole process, and for what is compiled after it. */
export function prepareEngine(): Engine {
  engine ??= choose();
  return engine;
}

function canMerge(): boolean {
  if (process.arch !== "x64") return false;
  const [major = 0, minor = 0] = (process.versions.v8 ?? "").split(".").map(Number);
  return major > FIRST_MERGING_V8[0] || (major === FIRST_MERGING_V8[0] && minor >= FIRST_MERGING_V8[1]);
}

function choose(): Engine {
  for (const flag of [...STEADY, EARLY]) setFlagsFromString(flag);
  // what is tested is what will run
  return optimisedAtOnce(() => {
    const relaxed = hasRelaxed();
    return (
      (canMerge() ? chooseMerging(relaxed) : undefined) ??
      (process.arch === "arm64" ? preferred({ ...TALL, relaxed }, { ...NARROW, relaxed }) : undefined) ??
      rightOrNone(new Candidate({ ...NARROW, relaxed })) ??
      rightOrNone(new Candidate({ ...NARROW, relaxed: false })) ??
      fail()
    );
  });
}

/** Runs `body` without V8's baseline compiler: functions of modules are optimised at their first call. */
export function optimisedAtOnce<T>(body: () => T): T {
  setFlagsFromString("--no-liftoff");
  try {
    return body();
  } finally {
    setFlagsFromString("--liftoff");
  }
}

function fail(): never {
  throw new Error("This WebAssembly engine computes wrong products. Use another version of Node.");
}

/** With the flag on. Undefined: the flag is off again. */
function chooseMerging(relaxed: boolean): Engine | undefined {
  setFlagsFromString(MERGE);
  const chosen = preferred({ ...WIDE, relaxed }, { ...NARROW, relaxed });
  if (chosen === undefined) setFlagsFromString(DO_NOT_MERGE);
  return chosen;
}

/** The first tile, or the second one where that measures faster. Undefined if it computes something wrong. */
function preferred(first: TileShape, second: TileShape): Engine | undefined {
  const [one, other] = [new Candidate(first), new Candidate(second)];
  const right = rightOrNone(one);
  if (right === undefined) return undefined;
  const [rate, otherRate] = measuredRates().compare([one.test.contender(), other.test.contender()]);
  return rate! > PREFERENCE * otherRate! ? right : rightOrNone(other);
}

/** The micro-kernels of an engine, for comparisons. */
export function contenderOf({ shape, library }: Engine): Contender {
  return new SelfTest(library, shape).contender();
}

/** Micro-kernels of a given shape, whether they suit this machine or not. */
export function engineFor(shape: TileShape): Engine {
  return { shape, library: new wasm.Module(encodeLibrary(shape)) };
}

class Candidate implements Engine {
  readonly shape: TileShape;
  readonly library: Module;
  readonly test: SelfTest;

  constructor(shape: TileShape) {
    this.shape = shape;
    this.library = engineFor(shape).library;
    this.test = new SelfTest(this.library, shape);
  }
}

/** Undefined, with a warning, if a micro-kernel computes something wrong. */
function rightOrNone(candidate: Candidate): Engine | undefined {
  const { shape, library } = candidate;
  const wrong = candidate.test.findWrong();
  if (wrong === undefined) return { shape, library };
  process.emitWarning(
    `The ${shape.rows} x ${shape.columns} micro-kernel "${wrong}"${shape.relaxed ? " (fused)" : ""} computes wrong ` +
      `products on V8 ${process.versions.v8}; a slower one is used. Please report this.`,
    "GradbookWarning",
  );
  return undefined;
}

/** Whether the engine knows relaxed SIMD. */
function hasRelaxed(): boolean {
  const module = new ModuleBuilder();
  const f = new FunctionBuilder([V128, V128, V128], [V128]);
  for (const operand of [0, 1, 2]) f.get(operand);
  f.op(OP.f32x4_relaxed_madd);
  module.add(f);
  return wasm.validate(module.encode());
}
