// Declarations of what Node 26 has and TypeScript 5.0.4's libraries lack.

export const AMBIENT_FILE = "/__gradbook_ambient__.d.ts";

export const AMBIENT_TEXT = `
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
interface Math { f16round(x: number): number }
/** Asks the user for a line of text and waits for it. */
declare function prompt(message?: string, options?: string | { default?: string; password?: boolean }): string;
/** Asks the user a question that is answered by y or n, and waits. */
declare function confirm(message?: string): boolean;
`;
