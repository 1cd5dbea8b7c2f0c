// Declarations of what Node 26 has and TypeScript 5.0.4's libraries lack.

export const AMBIENT_FILE = "/__gradbook_ambient__.d.ts";

export const AMBIENT_TEXT: string = `
interface SymbolConstructor {
  readonly dispose: unique symbol;
  readonly asyncDispose: unique symbol;
}
interface Disposable { [Symbol.dispose](): void }
interface AsyncDisposable { [Symbol.asyncDispose](): PromiseLike<void> }
interface PromiseConstructor {
  withResolvers<T>(): {
    promise: Promise<T>;
    resolve: (value: T | PromiseLike<T>) => void;
    reject: (reason?: unknown) => void;
  };
}
interface ObjectConstructor {
  groupBy<K extends PropertyKey, T>(items: Iterable<T>, key: (item: T, index: number) => K): Partial<Record<K, T[]>>;
}
interface MapConstructor {
  groupBy<K, T>(items: Iterable<T>, key: (item: T, index: number) => K): Map<K, T[]>;
}
interface ArrayConstructor {
  fromAsync<T>(items: AsyncIterable<T> | Iterable<T | PromiseLike<T>>): Promise<T[]>;
}
interface Set<T> {
  union<U>(other: Set<U>): Set<T | U>;
  intersection<U>(other: Set<U>): Set<T & U>;
  difference<U>(other: Set<U>): Set<T>;
  symmetricDifference<U>(other: Set<U>): Set<T | U>;
  isSubsetOf(other: Set<unknown>): boolean;
  isSupersetOf(other: Set<unknown>): boolean;
  isDisjointFrom(other: Set<unknown>): boolean;
}
interface ImportCallOptions { with?: Record<string, string> }
interface Math { f16round(x: number): number }
interface Float16Array extends Pick<Float32Array, "length" | "buffer" | "byteLength" | "byteOffset"> {
  [index: number]: number;
  [Symbol.iterator](): IterableIterator<number>;
}
declare var Float16Array: {
  readonly BYTES_PER_ELEMENT: number;
  new (length: number): Float16Array;
  new (values: Iterable<number> | ArrayLike<number>): Float16Array;
  new (buffer: ArrayBufferLike, byteOffset?: number, length?: number): Float16Array;
  from(values: Iterable<number> | ArrayLike<number>): Float16Array;
  of(...values: number[]): Float16Array;
};
interface Uint8Array {
  toBase64(): string;
  toHex(): string;
}
interface Uint8ArrayConstructor {
  fromBase64(text: string): Uint8Array;
  fromHex(text: string): Uint8Array;
}
declare var Iterator: {
  from<T>(items: Iterable<T> | Iterator<T>): Generator<T, void, undefined>;
  concat<T>(...items: Iterable<T>[]): Generator<T, void, undefined>;
};
/** Dates and times; its types are not known here. */
declare var Temporal: any;
interface Array<T> {
  toSorted(compare?: (a: T, b: T) => number): T[];
  toReversed(): T[];
  toSpliced(start: number, deleteCount?: number, ...items: T[]): T[];
  with(index: number, value: T): T[];
}
interface ReadonlyArray<T> {
  toSorted(compare?: (a: T, b: T) => number): T[];
  toReversed(): T[];
  toSpliced(start: number, deleteCount?: number, ...items: T[]): T[];
  with(index: number, value: T): T[];
}
interface IteratorHelpers<T> {
  map<U>(change: (value: T, index: number) => U): Generator<U, void, undefined>;
  filter(wanted: (value: T, index: number) => unknown): Generator<T, void, undefined>;
  take(limit: number): Generator<T, void, undefined>;
  drop(count: number): Generator<T, void, undefined>;
  flatMap<U>(change: (value: T, index: number) => Iterable<U>): Generator<U, void, undefined>;
  reduce<U>(step: (sum: U, value: T, index: number) => U, start: U): U;
  toArray(): T[];
  forEach(use: (value: T, index: number) => void): void;
  some(test: (value: T, index: number) => unknown): boolean;
  every(test: (value: T, index: number) => unknown): boolean;
  find(test: (value: T, index: number) => unknown): T | undefined;
}
interface Generator<T> extends IteratorHelpers<T> {}
interface IterableIterator<T> extends IteratorHelpers<T> {}
interface PromiseConstructor {
  try<T, A extends unknown[]>(work: (...given: A) => T | PromiseLike<T>, ...given: A): Promise<Awaited<T>>;
}
interface String {
  isWellFormed(): boolean;
  toWellFormed(): string;
}
interface RegExpConstructor { escape(text: string): string }
interface ErrorConstructor { isError(value: unknown): value is Error }
declare var __gbJsx: typeof import("@gradbook/kernel/notebook").jsx;
/** Asks the user for a line of text and waits for it. */
declare function prompt(message?: string, options?: string | { default?: string; password?: boolean }): string;
/** Asks the user a question that is answered by y or n, and waits. */
declare function confirm(message?: string): boolean;
`;
