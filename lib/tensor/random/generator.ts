// The host random generator: PyTorch's CPU generator, so that a seed gives the numbers it gives there. Plain arrays, no tensors.

import type { Mt19937State } from "./mt19937.js";
import { Mt19937 } from "./mt19937.js";
import { BLOCK, normalBlock, normalPair } from "./normal.js";

/** Where a generator stands: all that determines its next numbers. */
export interface GeneratorState {
  readonly seed: bigint;
  readonly engine: Mt19937State;
  /** The second value of the last Box-Muller pair, when no one has taken it yet. */
  readonly nextNormal: number | undefined;
  /** How many streams have been handed out for numbers drawn on the device (dropout). */
  readonly streams: number;
}

/** What the random numbers of one tensor on the device are a function of, beside their places in it. */
export interface RandomStream {
  /** The low and the high half of the seed. */
  readonly key: readonly [number, number];
  /** The stream's number since the seed was set, from 0. */
  readonly number: number;
}

/** The seed of a generator made without one, as in PyTorch. */
const DEFAULT_SEED = 67280421310721;

/** Above this, PyTorch's `randperm` draws 64-bit numbers. */
const LARGEST_PERMUTATION = Math.floor(0xffffffff / 20);

/** A source of random numbers with a state of its own: mt19937, which gives what PyTorch's CPU generator gives for the same seed.
 *  @example
 *  const generator = new gb.Generator(42);
 *  tensor.rand(2, { generator }) // [0.8823, 0.9150] */
export class Generator {
  #engine: Mt19937;
  #seed: bigint;
  #nextNormal: number | undefined;
  #streams = 0;

  /** `seed`: see `manualSeed`. */
  constructor(seed: number | bigint = DEFAULT_SEED) {
    this.#seed = seedBits(seed);
    this.#engine = engineFor(this.#seed);
  }

  /** Starts the stream again. A whole number; negative ones count down from 2^64. Only the low 32 bits choose the stream.
   *  @example
   *  const generator = new gb.Generator();
   *  generator.manualSeed(42);
   *  generator.initialSeed() // -> 42n */
  manualSeed(seed: number | bigint): this {
    this.#seed = seedBits(seed);
    this.#engine = engineFor(this.#seed);
    this.#nextNormal = undefined;
    this.#streams = 0;
    return this;
  }

  /** The seed last set, as an unsigned 64-bit number.
   *  @example tensor.defaultGenerator.initialSeed() // -> 42n */
  initialSeed(): bigint {
    return this.#seed;
  }

  /** Everything that decides what comes next, to go on from later.
   *  @example
   *  const state = tensor.defaultGenerator.getState();
   *  const first = tensor.rand(3);
   *  tensor.defaultGenerator.setState(state);
   *  tensor.equal(tensor.rand(3), first) // -> true */
  getState(): GeneratorState {
    return {
      seed: this.#seed,
      engine: this.#engine.state,
      nextNormal: this.#nextNormal,
      streams: this.#streams,
    };
  }

  /** Goes on from a state that getState() has given.
   *  @example
   *  const copy = new gb.Generator();
   *  copy.setState(tensor.defaultGenerator.getState());
   *  copy.uint32() === tensor.defaultGenerator.uint32() // -> true */
  setState(state: GeneratorState): this {
    this.#seed = state.seed;
    this.#engine.state = state.engine;
    this.#nextNormal = state.nextNormal;
    this.#streams = state.streams;
    return this;
  }

  /** A second generator that goes on with the same numbers.
   *  @example
   *  const copy = tensor.defaultGenerator.clone();
   *  copy.uint32() === tensor.defaultGenerator.uint32() // -> true */
  clone(): Generator {
    return new Generator(this.#seed).setState(this.getState());
  }

  /** A stream that nobody else has, for numbers drawn on the device. The numbers drawn here stay as they are.
   *  @example tensor.defaultGenerator.nextStream().number // -> 0 */
  nextStream(): RandomStream {
    const half = (shift: bigint): number => Number(BigInt.asIntN(32, this.#seed >> shift));
    return { key: [half(0n), half(32n)], number: this.#streams++ };
  }

  /** A whole number from 0 to 2^32 - 1.
   *  @example
   *  const generator = new gb.Generator();
   *  generator.manualSeed(42);
   *  generator.uint32() // -> 1608637542 */
  uint32(): number {
    return this.#engine.next();
  }

  /** A whole number from 0 to 2^64 - 1: two 32-bit words, the high one first.
   *  @example
   *  const generator = new gb.Generator();
   *  generator.manualSeed(42);
   *  typeof generator.random64() // -> 'bigint' */
  random64(): bigint {
    const high = this.uint32();
    return (BigInt(high) << 32n) | BigInt(this.uint32());
  }

  /** What `torch.empty((), dtype=torch.int64).random_()` gives, from 0 to 2^63 - 1: data loaders seed their shuffle with it.
   *  @example typeof tensor.defaultGenerator.drawSeed() // -> 'bigint' */
  drawSeed(): bigint {
    return BigInt.asUintN(63, this.random64());
  }

  /** A number from [0, 1) with 53 random bits: what PyTorch draws for float64.
   *  @example
   *  const generator = new gb.Generator();
   *  generator.manualSeed(42);
   *  generator.uniform64() < 1 // -> true */
  uniform64(): number {
    const high = this.uint32() & 0x1fffff;
    return (high * 2 ** 32 + this.uint32()) * 2 ** -53;
  }

  /** Fills `out` with uniform float32 samples from [from, to): 24 random bits each.
   *  @example
   *  const generator = new gb.Generator();
   *  generator.manualSeed(42);
   *  generator.uniform(new Float32Array(2)) // -> Float32Array(2) [ 0.8822692632675171, 0.9150039553642273 ] */
  uniform(out: Float32Array, from: number = 0, to: number = 1): Float32Array {
    const low = Math.fround(from);
    const range = Math.fround(Math.fround(to) - low);
    if (!(from <= to) || !Number.isFinite(range)) {
      throw new RangeError(
        `uniform: from must not exceed to, and both be finite; got from = ${from}, to = ${to}`,
      );
    }
    for (let i = 0; i < out.length; i++) out[i] = (this.uint32() & 0xffffff) * 2 ** -24 * range + low;
    return out;
  }

  /** Fills `out` with normal float32 samples. Fewer than 16 are drawn another way than 16 and more, as in PyTorch.
   *  @example tensor.defaultGenerator.normal(new Float32Array(100), 0, 0.1).length // -> 100 */
  normal(out: Float32Array, mean: number = 0, std: number = 1): Float32Array {
    if (!(std >= 0)) throw new RangeError(`normal: std must be 0 or more; got ${std}`);
    if (out.length >= BLOCK) this.#normalBlocks(out, Math.fround(mean), Math.fround(std));
    else for (let i = 0; i < out.length; i++) out[i] = this.#normal64() * std + mean;
    return out;
  }

  /** Fills `out` with 1 where a uniform sample is below the probability `p`, a number or one for each; else with 0.
   *  @example tensor.defaultGenerator.bernoulli(new Float32Array(3), 1) // -> Float32Array(3) [ 1, 1, 1 ] */
  bernoulli(out: Float32Array, p: number | ArrayLike<number>): Float32Array {
    const check = (probability: number): number => {
      if (probability >= 0 && probability <= 1) return probability;
      throw new RangeError(`bernoulli: probabilities must be from 0 to 1; got ${probability}`);
    };
    if (typeof p === "number") {
      check(p);
      for (let i = 0; i < out.length; i++) out[i] = this.uniform64() < p ? 1 : 0;
    } else {
      for (let i = 0; i < out.length; i++) {
        out[i] = (this.uint32() & 0xffffff) * 2 ** -24 < check(p[i]!) ? 1 : 0;
      }
    }
    return out;
  }

  /** Fills `out` with exponentially distributed samples of this rate.
   *  @example tensor.defaultGenerator.exponential(new Float32Array(3), 2).length // -> 3 */
  exponential(out: Float32Array, rate: number = 1): Float32Array {
    if (!(rate > 0)) throw new RangeError(`exponential: the rate must be above 0; got ${rate}`);
    for (let i = 0; i < out.length; i++) out[i] = -Math.log1p(-this.uniform64()) / rate;
    return out;
  }

  /** Draws `count` positions with probabilities in proportion to the weights: again and again, or each at most once.
   *  @example tensor.defaultGenerator.multinomial([0, 1, 0], 1, false) // -> Int32Array(1) [ 1 ] */
  multinomial(weights: ArrayLike<number>, count: number, replacement: boolean): Int32Array {
    if (!replacement || count === 1) {
      // the smallest of exponential samples with the weights as rates: the most likely positions come first
      const size = this.exponential(new Float32Array(weights.length)).map(
        (sample, i) => weights[i]! / sample,
      );
      return Int32Array.from(size, (_, i) => i)
        .sort((a, b) => size[b]! - size[a]! || a - b)
        .subarray(0, count);
    }
    const sums = new Float32Array(weights.length);
    let total = 0;
    for (let i = 0; i < sums.length; i++) {
      total = Math.fround(total + weights[i]!);
      sums[i] = total;
    }
    const shares = sums.map((sum) => sum / total);
    return new Int32Array(count).map(() => {
      const sample = this.uniform64();
      const found = shares.findIndex((share) => share >= sample);
      return found < 0 ? weights.length - 1 : found;
    });
  }

  /** A random permutation of 0 .. n - 1 (Fisher and Yates, from the front).
   *  @example tensor.defaultGenerator.randperm(4).toSorted() // -> Int32Array(4) [ 0, 1, 2, 3 ] */
  randperm(n: number): Int32Array {
    if (!Number.isInteger(n) || n < 0 || n > LARGEST_PERMUTATION) {
      throw new RangeError(`randperm: n must be a whole number from 0 to ${LARGEST_PERMUTATION}; got ${n}`);
    }
    const order = new Int32Array(n);
    for (let i = 0; i < n; i++) order[i] = i;
    for (let i = 0; i < n - 1; i++) {
      const j = i + (this.uint32() % (n - i));
      const chosen = order[j]!;
      order[j] = order[i]!;
      order[i] = chosen;
    }
    return order;
  }

  /** Fills `out` with whole numbers from [low, high).
   *  @example tensor.defaultGenerator.randint(new Int32Array(2), 3, 4) // -> Int32Array(2) [ 3, 3 ] */
  randint(out: Int32Array, low: number, high: number): Int32Array {
    if (!isInt32(low) || !isInt32(high - 1) || low >= high) {
      throw new RangeError(
        `randint: low < high must be whole 32-bit numbers; got low = ${low}, high = ${high}`,
      );
    }
    for (let i = 0; i < out.length; i++) out[i] = (this.uint32() % (high - low)) + low;
    return out;
  }

  #normalBlocks(out: Float32Array, mean: number, std: number): void {
    this.uniform(out);
    for (let start = 0; start + BLOCK <= out.length; start += BLOCK) normalBlock(out, start, mean, std);
    if (out.length % BLOCK === 0) return;
    const last = out.length - BLOCK; // the last block overlaps the one before it and is drawn afresh
    this.uniform(out.subarray(last));
    normalBlock(out, last, mean, std);
  }

  #normal64(): number {
    const kept = this.#nextNormal;
    this.#nextNormal = undefined;
    if (kept !== undefined) return kept;
    const u1 = this.uniform64();
    const [now, next] = normalPair(u1, this.uniform64());
    this.#nextNormal = next;
    return now;
  }
}

function isInt32(value: number): boolean {
  return (value | 0) === value;
}

function engineFor(seed: bigint): Mt19937 {
  return new Mt19937(Number(BigInt.asUintN(32, seed)));
}

function seedBits(seed: number | bigint): bigint {
  if (typeof seed === "number" && !Number.isSafeInteger(seed)) {
    throw new RangeError(`manualSeed: the seed must be a whole number of at most 2^53; got ${seed}`);
  }
  const bits = BigInt(seed);
  if (bits < -(2n ** 63n) || bits >= 2n ** 64n) {
    throw new RangeError(`manualSeed: the seed must fit into 64 bits; got ${seed}`);
  }
  return BigInt.asUintN(64, bits);
}
