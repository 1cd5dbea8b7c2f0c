// V8's compiled code is kept on disk: the next kernel need not compile TypeScript and the library again.

import { enableCompileCache, flushCompileCache } from "node:module";
import { fileURLToPath } from "node:url";

/** Below the project that this file is a part of. */
const FOLDER = fileURLToPath(new URL("../../.gradbook/cache/code", import.meta.url));

/** For this thread; call it before what is to be kept is imported. Where nothing can be written, nothing is kept. */
export function keepCompiledCode(): void {
  enableCompileCache(FOLDER);
}

/** Writes what has been compiled so far, since kernels are often ended by force. Most calls find nothing new to write. */
export function writeCompiledCode(): void {
  flushCompileCache();
}
