// Where things are. All that set-up makes lies below the project folder, in .gradbook/ (and node_modules/, dist/).

import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The project folder. */
export const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
/** The folder of everything that set-up makes. */
export const LOCAL = join(ROOT, ".gradbook");
/** Download caches; GRADBOOK_CACHE lets several clones share one. */
export const CACHE = process.env.GRADBOOK_CACHE || join(LOCAL, "cache");
/** What the tools called by set-up printed, one file a step. */
export const LOGS = join(LOCAL, "logs");
/** The Python environment. */
export const VENV = join(LOCAL, "venv");
/** Jupyter's own folders; also the JUPYTER_PATH entry with the kernel and the extension. */
export const JUPYTER = join(LOCAL, "jupyter");
/** The notebooks, JupyterLab's root folder. */
export const NOTEBOOKS = join(ROOT, "notebooks");
/** The packages from npm. */
export const MODULES = join(ROOT, "node_modules");
/** The API reference, made from the docstrings. */
export const API_DOCS = join(ROOT, "docs", "api");
