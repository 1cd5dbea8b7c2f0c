// Foreseen failures: one sentence that says what is wrong and what to do. Anything else is a defect and keeps its stack.

/** A failure the user can do something about; printed without a stack. */
export class Problem extends Error {}

/** What a tool's output means: the first pattern found gives the sentence. */
const MEANINGS = /** @type {const} */ ([
  [
    /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|Temporary failure|Failed to establish a new connection|Network is unreachable|Name or service not known|dns error|error sending request/i,
    "the network could not be reached. Check the connection (or the proxy settings) and run the command again",
  ],
  [/ENOSPC|No space left/i, "the disk is full. Make room and run the command again"],
  [/EACCES|EROFS|Permission denied/i, "a file below the project folder may not be written. Check its owner"],
  [
    /CERT_|self.signed certificate|certificate verify failed/i,
    "the network's certificate is not trusted. Point NODE_EXTRA_CA_CERTS and PIP_CERT to your organisation's certificates",
  ],
  [
    /can only install packages when your package.json and package-lock.json/i,
    "package.json and package-lock.json disagree. Run npm install once",
  ],
]);

/**
 * The sentence for a tool that failed.
 * @param {string} what the step, e.g. "Node packages"
 * @param {string} output what the tool printed
 * @param {string} log where that is kept
 */
export function explainFailure(what, output, log) {
  for (const [pattern, sentence] of MEANINGS) {
    if (pattern.test(output)) return new Problem(`${what}: ${sentence}. (Details: ${log})`);
  }
  const tail = output.trimEnd().split("\n").slice(-15).join("\n  ");
  return new Problem(`${what}: failed. The end of ${log}:\n  ${tail}`);
}
