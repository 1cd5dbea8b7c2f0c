// Puts functions, imports and exports into the sections of a WebAssembly binary.

import { Bytes } from "./bytes.js";
import type { FunctionBuilder } from "./encoder.js";
import { F32, I32, type ValueType } from "./instructions.js";

interface Import {
  readonly module: string;
  readonly name: string;
  readonly type: number;
}

/** Pages of 64 KiB a shared memory may have at most: 4 GiB. */
export const LARGEST_MEMORY_PAGES = 65536;

/** A module that imports a shared memory as "heap" "memory". All imports must be declared before the first function. */
export class ModuleBuilder {
  readonly #types: string[] = [];
  readonly #imports: Import[] = [];
  readonly #functions: { readonly type: number; readonly builder: FunctionBuilder }[] = [];
  readonly #exports: { readonly name: string; readonly index: number }[] = [];
  readonly #table: number[] = [];
  #globals = 0;

  /** The number of a function type, for `callIndirect`. */
  signature(params: readonly ValueType[], results: readonly ValueType[] = []): number {
    return this.#type(params, results);
  }

  /** A variable of an instance, at first 0. */
  global(): number {
    return this.#globals++;
  }

  /** The slot of the table in which a function is put. */
  slot(functionIndex: number): number {
    return this.#table.push(functionIndex) - 1;
  }

  #type(params: readonly ValueType[], results: readonly ValueType[]): number {
    const key = JSON.stringify([params, results]);
    const known = this.#types.indexOf(key);
    return known >= 0 ? known : this.#types.push(key) - 1;
  }

  /** The function index to call. The same import twice is one. */
  import(
    module: string,
    field: string,
    params: readonly ValueType[],
    results: readonly ValueType[] = [],
  ): number {
    const known = this.#imports.findIndex((one) => one.module === module && one.name === field);
    if (known >= 0) return known;
    return this.#imports.push({ module, name: field, type: this.#type(params, results) }) - 1;
  }

  /** The function's index. Its code may still be appended to until `encode`. */
  add(builder: FunctionBuilder, exportName?: string): number {
    const type = this.#type(builder.params, builder.results);
    const index = this.#imports.length + this.#functions.push({ type, builder }) - 1;
    if (exportName !== undefined) this.#exports.push({ name: exportName, index });
    return index;
  }

  encode(): Uint8Array<ArrayBuffer> {
    const out = new Bytes();
    for (const byte of [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]) out.push(byte);
    const section = (id: number, count: number, write: (into: Bytes) => void): void => {
      const body = new Bytes();
      body.unsigned(count);
      write(body);
      out.push(id);
      out.unsigned(body.length);
      out.append(body);
    };
    section(1, this.#types.length, (into) => {
      for (const key of this.#types) {
        const [params, results] = JSON.parse(key) as [number[], number[]];
        for (const byte of [0x60, params.length, ...params, results.length, ...results]) into.push(byte);
      }
    });
    section(2, this.#imports.length + 1, (into) => {
      for (const one of this.#imports) {
        into.text(one.module);
        into.text(one.name);
        into.push(0x00);
        into.unsigned(one.type);
      }
      into.text("heap");
      into.text("memory");
      for (const byte of [0x02, 0x03, 1]) into.push(byte);
      into.unsigned(LARGEST_MEMORY_PAGES);
    });
    section(3, this.#functions.length, (into) => {
      for (const { type } of this.#functions) into.unsigned(type);
    });
    section(4, 1, (into) => {
      for (const byte of [0x70, 0x00]) into.push(byte);
      into.unsigned(this.#table.length);
    });
    section(6, this.#globals, (into) => {
      for (let i = 0; i < this.#globals; i++) for (const byte of [I32, 1, 0x41, 0, 0x0b]) into.push(byte);
    });
    section(7, this.#exports.length, (into) => {
      for (const one of this.#exports) {
        into.text(one.name);
        into.push(0x00);
        into.unsigned(one.index);
      }
    });
    section(9, 1, (into) => {
      for (const byte of [0, 0x41, 0, 0x0b]) into.push(byte);
      into.unsigned(this.#table.length);
      for (const index of this.#table) into.unsigned(index);
    });
    section(10, this.#functions.length, (into) => {
      for (const { builder } of this.#functions) builder.encodeInto(into);
    });
    return out.toArray();
  }
}

/** Parameter lists of the scalar functions that plans import. */
export const UNARY_FLOAT: readonly ValueType[] = [F32];
export const BINARY_FLOAT: readonly ValueType[] = [F32, F32];
export const BINARY_INTEGER: readonly ValueType[] = [I32, I32];
