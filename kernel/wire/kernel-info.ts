// What the kernel says about itself.

import { type Json, PROTOCOL_VERSION } from "../protocol/messages.js";

export const KERNEL_VERSION = "0.1.0";

export const KERNEL_INFO: Json = {
  status: "ok",
  protocol_version: PROTOCOL_VERSION,
  implementation: "gradbook",
  implementation_version: KERNEL_VERSION,
  language_info: {
    name: "typescript",
    version: "5.0.4",
    mimetype: "application/typescript",
    file_extension: ".ts",
    pygments_lexer: "typescript",
    codemirror_mode: "typescript",
    nbconvert_exporter: "script",
  },
  banner: `Gradbook ${KERNEL_VERSION}: deep learning in TypeScript, on Node ${process.versions.node}`,
  debugger: true,
  supported_features: ["debugger", "kernel subshells"],
  help_links: [{ text: "TypeScript", url: "https://www.typescriptlang.org/docs/" }],
};
