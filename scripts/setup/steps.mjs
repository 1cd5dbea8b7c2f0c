// Named steps with progress: one line a step on a terminal (rewritten while it runs), a line at the end elsewhere.

const tty = process.stdout.isTTY === true;
const seconds = (/** @type {number} */ since) => `${((performance.now() - since) / 1000).toFixed(1)} s`;
const WIDTH = 26;

/**
 * Runs one step and prints its name, what it is doing and how long it took.
 * @template T
 * @param {string} name
 * @param {(say: (detail: string) => void) => T | Promise<T>} work `say` shows a detail while the step runs
 * @param {{ quiet?: boolean }} [options] quiet: say nothing when the step took under 0.3 s (it was up to date)
 * @returns {Promise<T>}
 */
export async function step(name, work, { quiet = false } = {}) {
  const since = performance.now();
  let detail = "";
  let lastShown = since;
  const draw = () => {
    const line = `  ${name.padEnd(WIDTH)} ${seconds(since).padStart(8)}  ${detail}`;
    process.stdout.write(`\r\x1b[K${line.slice(0, (process.stdout.columns ?? 80) - 1)}`);
  };
  const remind = () => {
    if (tty) draw();
    else if (performance.now() - lastShown > 20_000) {
      lastShown = performance.now();
      console.log(`  ${name} ... ${seconds(since)}  ${detail.slice(0, 60)}`.trimEnd());
    }
  };
  const timer = setInterval(remind, tty ? 200 : 1000);
  let ended = "failed";
  try {
    const value = await work((text) => {
      detail = text;
    });
    ended = "";
    return value;
  } finally {
    clearInterval(timer);
    if (tty) process.stdout.write("\r\x1b[K");
    const worthALine = ended !== "" || !quiet || performance.now() - since > 300;
    if (worthALine) console.log(`  ${name.padEnd(WIDTH)} ${seconds(since).padStart(8)}  ${ended}`.trimEnd());
  }
}
