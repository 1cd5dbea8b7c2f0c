// Warnings about what is allowed but rarely meant. They go to the console, which a notebook shows under the cell.

const said = new Set<string>();

/** Prints `message`, the first time it is given. */
export function warnOnce(message: string): void {
  if (said.has(message)) return;
  said.add(message);
  console.warn(`Warning: ${message}`);
}
