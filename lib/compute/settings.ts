// Every environment variable and every limit of the compute engine, with its default. Read here, nowhere else.

/** Environment variables: name, what an unset variable means, and what it is for. */
export const ENVIRONMENT = {
  GRADBOOK_SERVER: {
    default: "0",
    choices: ["0", "1"],
    purpose:
      "1 puts the engine into the compute server, a child process, instead of a thread of this process",
  },
  GRADBOOK_DEVICE: {
    default: "wasm",
    choices: ["wasm", "webgpu", "reference"],
    purpose:
      "what computes: wasm (SIMD code for the CPU), webgpu (the GPU) or reference (the slow interpreter that tests trust)",
  },
  GRADBOOK_WEBGPU_SOFTWARE: {
    default: "0",
    choices: ["0", "1"],
    purpose: "1 lets device webgpu use an adapter that computes on the CPU, where there is no GPU: for tests",
  },
  GRADBOOK_WEBGPU_BOUNDS: {
    default: "0",
    choices: ["0", "1"],
    purpose: "1 has the GPU check every address, more slowly: to look for errors in generated shaders",
  },
  GRADBOOK_WEBGPU_BACKEND: {
    default: "auto",
    choices: ["auto", "vulkan", "metal", "d3d12", "null"],
    purpose:
      "what Dawn reaches the GPU by; null is no GPU and computes nothing: to measure what a step costs the processor",
  },
  GRADBOOK_WEBGPU_TUNE: {
    default: "1",
    choices: ["0", "1"],
    purpose:
      "0 has matrix products on the GPU computed as their shapes suggest; else they are measured, once for each adapter and driver",
  },
} as const;

/** How many threads compute: GRADBOOK_THREADS, else one for each of `cores`. An Error when it is no positive whole number. */
export function engineThreads(cores: number): number {
  const value = process.env.GRADBOOK_THREADS;
  if (value === undefined || value === "") return cores;
  const threads = Number(value);
  if (Number.isInteger(threads) && threads >= 1 && threads <= MOST_THREADS) return threads;
  throw new Error(
    `GRADBOOK_THREADS=${value} is not known. Set it to a number from 1 to ${MOST_THREADS}, or leave it unset (one for each core).`,
  );
}

const MOST_THREADS = 256;

/** GRADBOOK_BLAS: "off", the path of a library, or "" to look in the usual places. */
export function blasChoice(): string {
  return process.env.GRADBOOK_BLAS ?? "";
}

/** How many times faster than our own micro-kernels a BLAS must be to be used. Theirs is the speed of a whole product, ours
 *  that of the innermost loop, which a whole product does not quite reach. */
export const BLAS_GAIN = 1.25;

/** With more threads than this a BLAS is not used: it wants large pieces of work, too few for all of them. */
export const BLAS_THREADS = 4;

/** How many WebAssembly memories, of at most how many bytes each, the engine may use on a machine with so many bytes: four fifths of
 *  it, so that a program that needs too much gets an error and is not killed. */
export function memoriesFor(machine: number): { count: number; bytes: number } {
  const share = Math.floor(0.8 * machine);
  return { count: Math.max(1, Math.floor(share / 2 ** 32)), bytes: Math.min(share, 2 ** 32) };
}

/** Bytes of the machine's memory that the engine leaves to others: where less is left, the system soon ends whole processes. */
export const MEMORY_LEFT_BYTES: number = 512 * 2 ** 20;

/** Times a thread of the engine looks for the next piece of work, or for the end of what others do, before it sleeps: about
 *  40 us, more than the kernels last that the leader does alone in a small step. Generated code looks every 2 ns, JavaScript
 *  every 20 ns. */
export const SPINS = 20_000;
export const SPINS_IN_JAVASCRIPT = 2000;

/** A plan that is cut into fewer chunks, of 4 us each as a rule, is run by the engine's thread alone. To wake a helper costs about
 *  as much as it then does, and it takes the core from the thread that records the next step. Few chunks can be large, as those of
 *  products by a BLAS are: not where they have so many operations and bytes together. */
export const CHUNKS_FOR_HELPERS = 32;
export const WORK_FOR_HELPERS = 2e7;

/** Products that nobody waits for, as updates of weights are, come last in a plan for the CPU and are launched together, if they read
 *  less than so many bytes of what was computed before: of twenty layers that still fits the second-level cache. */
export const JOINED_PRODUCTS_BYTES: number = 64 * 1024;

export type EnvironmentVariable = keyof typeof ENVIRONMENT;

/** The value of an environment variable or its default; an Error that lists the choices when it is neither. */
export function environment(name: EnvironmentVariable): string {
  const { default: unset, choices } = ENVIRONMENT[name];
  const value = process.env[name];
  if (value === undefined || value === "") return unset;
  if ((choices as readonly string[]).includes(value)) return value;
  throw new Error(
    `${name}=${value} is not known. Set it to ${choices.join(" or ")}, or leave it unset (${unset}).`,
  );
}

/** Milliseconds after which a GPU that does not answer is given up: GRADBOOK_WEBGPU_PATIENCE, in seconds, else a minute. Drivers end
 *  a hung kernel themselves after about 10 s; this is for when they do not, and more than the largest shaders take to compile.
 *  An Error when it is no positive number. */
export function webgpuPatience(): number {
  const value = process.env.GRADBOOK_WEBGPU_PATIENCE;
  const seconds = value === undefined || value === "" ? 60 : Number(value);
  if (seconds > 0 && seconds < 86_400) return 1000 * seconds;
  throw new Error(
    `GRADBOOK_WEBGPU_PATIENCE=${value} is not known. Set it to a number of seconds, or leave it unset (60).`,
  );
}

/** GRADBOOK_WEBGPU_LOSE, for tests: the GPU is lost at this run, counted from 1. Undefined where it is left to itself. */
export function webgpuLoss(): number | undefined {
  const value = process.env.GRADBOOK_WEBGPU_LOSE;
  return value === undefined || value === "" ? undefined : Number(value);
}

/** Runs that may wait on the GPU before the engine waits for the oldest: enough to keep it busy while the next is prepared. */
export const WEBGPU_RUNS_IN_FLIGHT = 3;

/** Milliseconds after which an engine without requests looks how runs on the GPU have ended whose checks nobody waits for. */
export const LOOK_AHEAD_MS = 1;

/** Runs that may be on their way when an evaluation begins; else it waits for the oldest. And the most runs it needs itself: between
 *  them it does not wait, since a stop there would leave it half done. */
export const RUN_AHEAD = 4;
export const RUNS_OF_AN_EVALUATION = 4;

/** An update of parameters that has followed the reading of a loss so many times in a row is started before it is asked for
 *  (`speculation.ts`), if what it overwrites has at most so many bytes: it needs them twice, and for larger models the time of
 *  the device counts, not when it begins. */
export const REPEATS_BEFORE_SPECULATION = 64;
export const SPECULATION_BYTES: number = 4 * 2 ** 20;

/** A line of user code that needs this many new plans for the same operations, with at most so many runs from one to the next,
 *  is warned about. */
export const NEW_PLANS_IN_A_ROW = 16;
export const RUNS_BETWEEN_NEW_PLANS = 8;

/** Bytes of the request and reply rings in shared memory. Powers of two. Requests leave room for a few batches of data. */
export const REQUEST_RING_BYTES: number = 4 * 2 ** 20;
export const REPLY_RING_BYTES: number = 2 ** 20;

/** Bytes of tensor data in one `write` or `data` message: several fit into a ring, so that both ends work at once. */
export const CHUNK_BYTES: number = 128 * 1024;

/** The largest message that is put together from frames (a graph, the data of one batch): more is an error. */
export const LARGEST_MESSAGE_BYTES: number = 256 * 2 ** 20;

/** Times a waiting thread looks before it sleeps: about 1 us, so that a busy engine is not put to sleep and woken for each
 *  run. More only costs, since a thread that looks may keep the other one from its core. Medians on two busy cores, in us:
 *  looks                   0    100    300   1000   5000
 *  reading 16 bytes        5      6     10     20     80
 *  queueing a run        8.5    1.6    1.4    1.2    1.2  */
export const LOOKS_BEFORE_SLEEP = 100;

/** Milliseconds a caller sleeps at most before it looks whether the user asks to stop. */
export const WAIT_SLICE_MS = 20;

/** Milliseconds after the user asked to stop: until runs in flight that change nothing are cancelled; until nobody waits any more
 *  for an engine that has not obeyed; and until a compute server that has finished nothing since is taken for hung and killed. */
export const STOP_GRACE_MS = 40;
export const STOP_PATIENCE_MS = 80;
export const HUNG_MS = 2000;

/** Milliseconds: how long the compute server may take to start, how often it looks whether its parent still lives, and how often the
 *  parent looks how much memory it takes. */
export const SERVER_START_MS = 15_000;
export const PARENT_POLL_MS = 500;
export const SERVER_MEMORY_POLL_MS = 1000;

/** Bytes, and number, of tensors that nobody can reach and that may wait for the garbage collector, which does not feel what
 *  they hold: beyond, dead ones are looked for. Each tensor counts with its bytes and as one of so many. A loop that reads its loss
 *  keeps ten values a step for backward(): with a quarter of the number it was collected every hundred steps, for 1.6 ms; with this
 *  one about as often as V8 does by itself. */
export const MEMORY_BUDGET_BYTES: number = 256 * 2 ** 20;
export const MEMORY_BUDGET_BUFFERS = 4096;

/** Bytes of buffers that are kept for the next values of their size. The book's loop leaves 50 MiB from one look for dead ones to
 *  the next. */
export const SPARE_BYTES: number = 64 * 2 ** 20;

/** Memory for young objects on the engine's thread. A run of the book's loop leaves 8 KB of garbage there; with V8's own limit
 *  (48) a long training takes 100 MiB more for the same work. */
export const ENGINE_NURSERY_MEBIBYTES = 3;
