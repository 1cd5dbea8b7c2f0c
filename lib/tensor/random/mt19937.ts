// The Mersenne Twister mt19937 (Matsumoto and Nishimura, ACM TOMACS 8(1), 1998): a stream of 32-bit words, nothing else.

const N = 624;
const M = 397;
const MATRIX_A = 0x9908b0df;
const UPPER = 0x80000000;
const LOWER = 0x7fffffff;

/** Everything that determines the words still to come. */
export interface Mt19937State {
  /** 624 words. */
  readonly words: Uint32Array;
  /** How many of them have been handed out; 624 means that the next draw makes new ones. */
  readonly position: number;
}

export class Mt19937 {
  #words: Uint32Array = new Uint32Array(N);
  #position: number = N;

  /** `seed` is a whole number from 0 to 2^32 - 1. */
  constructor(seed: number) {
    const words = this.#words;
    words[0] = seed;
    for (let i = 1; i < N; i++) {
      const previous = words[i - 1]!;
      words[i] = Math.imul(1812433253, previous ^ (previous >>> 30)) + i;
    }
  }

  /** The next word, from 0 to 2^32 - 1. */
  next(): number {
    if (this.#position === N) this.#twist();
    let y = this.#words[this.#position++]!;
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    return (y ^ (y >>> 18)) >>> 0;
  }

  get state(): Mt19937State {
    return { words: this.#words.slice(), position: this.#position };
  }

  set state(state: Mt19937State) {
    this.#words = state.words.slice();
    this.#position = state.position;
  }

  #twist(): void {
    const words = this.#words;
    for (let i = 0; i < N; i++) {
      const y = (words[i]! & UPPER) | (words[(i + 1) % N]! & LOWER);
      words[i] = words[(i + M) % N]! ^ (y >>> 1) ^ (y & 1 ? MATRIX_A : 0);
    }
    this.#position = 0;
  }
}
