// The stop button. The notebook kernel installs a shared flag; whatever can take long looks at it where stopping leaves
// everything consistent. Outside a kernel nothing is installed and nothing is checked.

export interface InterruptSource {
  /** Word 0 of shared memory: not 0 while the user asks to stop. The asker also does `Atomics.notify` on it. */
  readonly flag: Int32Array<SharedArrayBuffer>;
  /** Clears the flag and throws the error that ends the cell as interrupted. */
  interrupted(): never;
}

const KEY = Symbol.for("gradbook.interrupt");
type Holder = { [KEY]?: InterruptSource };

/** Installs the source of interrupts; the kernel does this once, before the first cell. */
export function installInterrupt(source: InterruptSource): void {
  (globalThis as Holder)[KEY] = source;
}

/** Ends the cell here if the user has asked for it. */
export function checkInterrupt(): void {
  const source = (globalThis as Holder)[KEY];
  if (source !== undefined && Atomics.load(source.flag, 0) !== 0) source.interrupted();
}

/** True while the user asks to stop. */
export function interruptRequested(): boolean {
  const source = (globalThis as Holder)[KEY];
  return source !== undefined && Atomics.load(source.flag, 0) !== 0;
}
