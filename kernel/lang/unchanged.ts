// What earlier cells have declared is one file to the compiler. tslab's converter has it read anew for every cell, twice for one that
// declares something, and writes it out again afterwards: most of a short cell's time in a long notebook. Here it is read when
// it has changed, and written when the cell changes it.

import type ts from "@tslab/typescript-for-tslab";
import { DECLARATIONS } from "./names.js";
import { typescript } from "./typescript.js";

export class Declarations {
  /** The text that the compiler has; undefined: it has to read it. */
  #read: string | undefined;
  /** Whether the cell that was converted last declares something. */
  declares = false;

  /** The system with these declarations; the converter says of them after each cell that they may have changed. */
  watchedBy(system: ts.System): ts.System {
    const own = Object.create(system) as ts.System;
    own.watchFile = (file, changed, ...more) => {
      const ifChanged: ts.FileWatcherCallback = (...event) => {
        const text = system.readFile(file);
        if (text === this.#read) return;
        this.#read = text;
        changed(...event);
      };
      return system.watchFile!(file, DECLARATIONS.test(file) ? ifChanged : changed, ...more);
    };
    return own;
  }

  /** A cell is about to be converted. */
  expect(cell: ts.SourceFile): void {
    const { locals } = cell as ts.SourceFile & { locals?: ReadonlyMap<string, ts.Symbol> };
    this.declares = (locals?.size ?? 0) > 0;
  }

  /** What the converter writes the declarations with that are left of the earlier ones. It has thrown out of the compiler's file
   *  those that the cell replaces. */
  readonly createPrinter = (options?: ts.PrinterOptions): Pick<ts.Printer, "printFile"> => {
    if (!this.declares) return { printFile: () => "" };
    this.#read = undefined;
    return typescript.createPrinter(options);
  };
}
