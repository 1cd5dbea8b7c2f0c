// The types of the JavaScript WebAssembly interface, as far as it is used here: TypeScript declares it only for browsers.

export interface Memory {
  readonly buffer: SharedArrayBuffer;
  /** Adds pages of 64 KiB. */
  grow(pages: number): number;
}

export type Module = object;
export type Exports = Readonly<Record<string, unknown>>;
export interface Instance {
  readonly exports: Exports;
}
export type Imports = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

interface WebAssemblyInterface {
  readonly Memory: new (descriptor: { initial: number; maximum: number; shared: true }) => Memory;
  readonly Module: new (code: Uint8Array<ArrayBuffer>) => Module;
  readonly Instance: new (module: Module, imports: Imports) => Instance;
  validate(code: Uint8Array<ArrayBuffer>): boolean;
}

export const wasm: WebAssemblyInterface = (globalThis as unknown as { WebAssembly: WebAssemblyInterface })
  .WebAssembly;
