// The names that every cell can use without an import: one table, from which their types and their values both come.

export interface Preloaded {
  readonly module: string;
  readonly names: readonly string[];
  /** The name that stands for the module as a whole. */
  readonly whole?: string;
}

/** The module of the kernel's own functions for notebooks; `gradbook` stands for the library the kernel was started with. */
export const NOTEBOOK_MODULE = "@gradbook/kernel/notebook";

/** The kernel's own names in cells begin so, and are not for users. */
export const OWN_NAMES = "__gb";

/** What elements of JSX become where there is no React: a global function (run/rich/jsx.ts). */
export const OWN_JSX: string = `${OWN_NAMES}Jsx`;

export const PRELOADED: readonly Preloaded[] = [
  {
    module: "gradbook",
    names: ["tensor", "Tensor", "nn", "F", "init", "norm", "optim", "manualSeed", "watch", "plot"],
    whole: "gb",
  },
  { module: NOTEBOOK_MODULE, names: ["display"] },
];

export const PRELOADED_NAMES: ReadonlySet<string> = new Set(
  PRELOADED.flatMap(({ names, whole }) => (whole === undefined ? names : [...names, whole])),
);

/** The imports that stand before the first cell. */
export function preloadedDeclarations(): string {
  return PRELOADED.map(({ module, names, whole }) => {
    const all = whole === undefined ? "" : `import * as ${whole} from "${module}";\n`;
    return `import { ${names.join(", ")} } from "${module}";\n${all}`;
  }).join("");
}
