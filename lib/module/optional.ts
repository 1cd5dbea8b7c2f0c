// Parts that an option of a layer turns off, such as its bias. What the layer's class makes has such a part in its type where the
// option is known to be on, and null where it is known to be off.

import type { Parameter } from "./parameter.js";

/** A `Part` where the option is on, null where it is off; either where that is not known. */
export type When<On extends boolean, Part> = On extends true ? Part : null;

/** Has a bias by the option of that name. */
export interface Biased<Bias extends boolean> {
  bias: When<Bias, Parameter>;
}

/** The class of a layer that has a bias unless it is made with `bias: false`. `new` is optional. */
export interface BiasedClass<Layer extends Biased<boolean>, Sizes extends unknown[], Options extends object> {
  new <Bias extends boolean = true>(
    ...given: [...sizes: Sizes, options?: Options & { bias?: Bias }]
  ): Layer & Biased<Bias>;
  <Bias extends boolean = true>(
    ...given: [...sizes: Sizes, options?: Options & { bias?: Bias }]
  ): Layer & Biased<Bias>;
  readonly prototype: Layer;
}

/** Has a scale and a shift by the option `affine`. */
export interface Affine<On extends boolean> {
  weight: When<On, Parameter>;
  bias: When<On, Parameter>;
}
