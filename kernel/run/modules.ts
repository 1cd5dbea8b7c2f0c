// What `import` means in a cell: packages are found from the notebook's folder as ES modules find them, the library is the
// kernel's own copy, local files are those of local-files.ts.

import { createRequire, registerHooks } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";
import vm from "node:vm";
import type { LocalFiles } from "./local-files.js";
import { similarName } from "./similar.js";

type Namespace = Record<string, unknown>;

export class Modules {
  readonly require: NodeJS.Require;
  readonly meta: { dirname: string; filename: string; url: string; resolve(specifier: string): string };
  readonly #folder: string;
  readonly #files: LocalFiles;
  readonly #import: (specifier: string, options?: ImportCallOptions) => Promise<Namespace>;

  /** `aliases`: where these module names lead, wherever they are imported; a name that ends in "/" stands for all below. */
  constructor(folder: string, aliases: Readonly<Record<string, string>>, files: LocalFiles) {
    this.#files = files;
    const file = path.join(folder, "cell.mjs");
    this.#folder = folder;
    this.require = createRequire(file);
    const cell = pathToFileURL(file).href;
    const resolve = (specifier: string): string => resolved(specifier, cell, this.require);
    this.meta = { dirname: folder, filename: file, url: cell, resolve };
    // A script with this file name resolves packages as a module in the notebook's folder would.
    this.#import = new vm.Script("(specifier, options) => import(specifier, options)", {
      filename: file,
      importModuleDynamically: vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
    }).runInThisContext() as typeof this.import;
    const below = Object.entries(aliases).filter(([name]) => name.endsWith("/"));
    registerHooks({
      resolve(specifier, context, next) {
        const prefix = below.find(([name]) => specifier.startsWith(name));
        const url =
          prefix === undefined
            ? (aliases[specifier] ?? files.resolve(specifier, context.parentURL, cell))
            : `${prefix[1]}${specifier.slice(prefix[0].length).replace(/(\.js)?$/, ".js")}`;
        return url === undefined ? next(specifier, context) : { url, shortCircuit: true };
      },
      load(url, context, next) {
        const source = files.load(url);
        return source === undefined ? next(url, context) : { format: "module", source, shortCircuit: true };
      },
    });
  }

  /** `import(specifier)` in a cell. */
  import = async (specifier: string, options?: ImportCallOptions): Promise<Namespace> => {
    const url = this.#files.url(specifier, this.#folder);
    const isJson = url !== undefined && /\.json\?/.test(url);
    try {
      return await this.#import(url ?? specifier, isJson ? { with: { type: "json" } } : options);
    } catch (error) {
      throw this.#withRemedy(specifier, url, error);
    }
  };

  /** What a static import reads these names from: the module's live exports. CommonJS modules give their properties as names. */
  importNames = async (specifier: string, names: readonly string[]): Promise<Namespace> => {
    const namespace = await this.import(specifier);
    const commonJS = namespace["module.exports"];
    const values: Namespace = {};
    for (const name of names) values[name] = exportOf(specifier, namespace, commonJS, name);
    return commonJS === undefined ? namespace : values;
  };

  #withRemedy(specifier: string, url: string | undefined, error: unknown): unknown {
    if (!(error instanceof Error && "code" in error) || error.code !== "ERR_MODULE_NOT_FOUND") return error;
    const [, name] = /^Cannot find package '([^']+)'/.exec(error.message) ?? [];
    if (name !== undefined) {
      return new Error(
        `There is no package '${name}' for ${this.#folder}. Install it there, in a terminal: npm install ${name}`,
        { cause: url === undefined ? undefined : error },
      );
    }
    const isMissingFile = url === undefined && /^\.{0,2}\//.test(specifier);
    return isMissingFile ? new Error(`There is no file ${specifier} in ${this.#folder}`) : error;
  }
}

/** `import.meta.resolve` of a cell: the URL of a file, or of a package that `require` finds. */
function resolved(specifier: string, base: string, require: NodeJS.Require): string {
  if (URL.canParse(specifier)) return specifier;
  return /^\.{0,2}\//.test(specifier)
    ? new URL(specifier, base).href
    : pathToFileURL(require.resolve(specifier)).href;
}

function exportOf(specifier: string, namespace: Namespace, commonJS: unknown, name: string): unknown {
  const isObject = (typeof commonJS === "object" || typeof commonJS === "function") && commonJS !== null;
  if (isObject && name === "default") {
    // Compiled from an ES module: its default export is a property.
    const compiled = "__esModule" in commonJS && "default" in commonJS;
    return compiled ? commonJS.default : commonJS;
  }
  if (name in namespace) return namespace[name];
  if (isObject && name in commonJS) return (commonJS as Namespace)[name];
  const known = Object.keys(namespace).filter((key) => key !== "module.exports");
  const has = known.length === 0 ? "nothing" : known.slice(0, 12).join(", ");
  const meant = similarName(name, known);
  const remedy = meant === undefined ? `It exports ${has}.` : `Did you mean '${meant}'?`;
  throw new SyntaxError(`'${specifier}' does not export '${name}'. ${remedy}`);
}
