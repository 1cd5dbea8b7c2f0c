// Remembers which fields of a module hold parameters. A tensor written into such a field would not be trained, and nothing would say so.

import { Tensor } from "../tensor/tensor.js";
import { Parameter } from "./parameter.js";

export class ParameterNames {
  /** Few, and gone through in each forward pass. */
  private names: readonly string[] = [];

  /** Takes in the fields of `module` that are parameters now. */
  learn(module: object): void {
    for (const [name, value] of Object.entries(module)) if (value instanceof Parameter) this.add(name);
  }

  /** The field `name` is a parameter. */
  add(name: string): void {
    if (!this.names.includes(name)) this.names = [...this.names, name];
  }

  /** The field `name` is something else from now on. */
  forget(name: string): void {
    this.names = this.names.filter((one) => one !== name);
  }

  /** Throws where a parameter has been replaced by a tensor that is none. */
  check(module: object): void {
    for (const name of this.names) {
      const value = (module as Record<string, unknown>)[name];
      if (value instanceof Parameter || !(value instanceof Tensor)) continue;
      throw new TypeError(
        `${module}: ${name} was a parameter, and is now a tensor, which would not be trained. Write .${name}.data = ... to change ` +
          `its values, or .${name} = new nn.Parameter(...)`,
      );
    }
  }
}
