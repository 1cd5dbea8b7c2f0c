// Memory that a process shares with its child: a file without a name that both have mapped, and the system's futex, by which
// threads of either sleep on a word of it. On Linux, where koffi is installed.

import { type Foreign, type Koffi, requireKoffi } from "../wasm/koffi.js";

/** Where such memory lies in this process. */
export interface ProcessMemory {
  readonly address: number;
  readonly bytes: number;
}

/** The system calls that are used, bound once in each thread. */
interface System {
  readonly koffi: Koffi;
  /** (name, flags) -> a file in memory, or -1. */
  readonly memfd: Foreign;
  /** (file, bytes) -> 0, or -1. */
  readonly truncate: Foreign;
  /** (address wanted, bytes, protection, flags, file, offset) -> address, or -1. */
  readonly map: Foreign;
  readonly unmap: Foreign;
  readonly close: Foreign;
  /** (number of the call, address, operation, value, address of a timespec, 0, 0). */
  readonly call: Foreign;
}

/** The number of the system call futex, by `process.arch`; other processors do without. */
const FUTEX: Readonly<Record<string, number>> = { x64: 202, arm64: 98 };
const FUTEX_WAIT = 0;
const FUTEX_WAKE = 1;
const EVERYONE = 0x7fffffff;

const MFD_CLOEXEC = 1;
const PROT_READ_WRITE = 3;
const MAP_SHARED = 1;

let bound: System | undefined;

/** Undefined where there is no koffi, or another system. */
function system(): System | undefined {
  if (process.platform !== "linux" || FUTEX[process.arch] === undefined) return undefined;
  if (bound !== undefined) return bound;
  const koffi = requireKoffi();
  if (koffi === undefined) return undefined;
  try {
    const libc = koffi.load("libc.so.6");
    bound = {
      koffi,
      memfd: libc.func("int memfd_create(const char *name, unsigned int flags)"),
      truncate: libc.func("int ftruncate(int file, int64_t bytes)"),
      map: libc.func(
        "intptr_t mmap(uintptr_t at, size_t bytes, int protection, int flags, int file, int64_t offset)",
      ),
      unmap: libc.func("int munmap(uintptr_t at, size_t bytes)"),
      close: libc.func("int close(int file)"),
      call: libc.func(
        "long syscall(long number, uintptr_t word, int operation, uint32_t value, uintptr_t timeout, uintptr_t word2, int value3)",
      ),
    };
  } catch {
    return undefined; // another C library
  }
  return bound;
}

/** New memory, and the file that a child process maps it by, to be closed once that has started. Undefined where there is none. */
export function createProcessMemory(bytes: number): { memory: ProcessMemory; file: number } | undefined {
  const calls = system();
  if (calls === undefined) return undefined;
  const file = calls.memfd("gradbook", MFD_CLOEXEC) as number;
  if (file < 0) return undefined;
  try {
    if (calls.truncate(file, bytes) !== 0) throw new Error("no memory");
    return { memory: mapProcessMemory(file, bytes), file };
  } catch {
    closeProcessFile(file);
    return undefined;
  }
}

/** Closes the file; the memory stays. (Node warns of files that it closes and has not opened.) */
export function closeProcessFile(file: number): void {
  system()!.close(file);
}

/** Maps the memory behind a file that this process was started with. */
export function mapProcessMemory(file: number, bytes: number): ProcessMemory {
  const address = Number(system()?.map(0, bytes, PROT_READ_WRITE, MAP_SHARED, file, 0) ?? -1);
  if (address === -1) throw new Error(`${bytes} bytes of shared memory could not be mapped`);
  return { address, bytes };
}

/** Gives the memory back. Nobody in this process may look at it any more. */
export function unmapProcessMemory({ address, bytes }: ProcessMemory): void {
  system()!.unmap(address, bytes);
}

/** A part of the memory. */
export function viewProcessMemory({ address }: ProcessMemory, offset: number, bytes: number): ArrayBuffer {
  return system()!.koffi.view(BigInt(address + offset), bytes);
}

/** A timeout in memory of its own, which the garbage collector does not move. */
class Timeout {
  readonly #parts = new BigInt64Array(new ArrayBuffer(16));
  readonly address: bigint;

  constructor(koffi: Koffi) {
    this.address = koffi.address(this.#parts.buffer);
  }

  set milliseconds(value: number) {
    this.#parts[0] = BigInt(Math.floor(value / 1000));
    this.#parts[1] = BigInt(Math.round((value % 1000) * 1e6));
  }
}

/** Sleeping on the words of such memory, and waking. */
export class Futex {
  readonly #address: number;
  readonly #call: Foreign;
  readonly #number: number;
  readonly #timeout: Timeout;
  readonly #timeoutAsync: Timeout;

  /** `slice`: the most milliseconds that `waitAsync` takes, which cannot be ended otherwise when the program ends. */
  constructor({ address }: ProcessMemory, slice: number) {
    const { koffi, call } = system()!;
    this.#address = address;
    this.#call = call;
    this.#number = FUTEX[process.arch]!;
    this.#timeout = new Timeout(koffi);
    this.#timeoutAsync = new Timeout(koffi);
    this.#timeoutAsync.milliseconds = slice;
  }

  wait(word: number, seen: number, milliseconds: number): void {
    const forever = milliseconds === Number.POSITIVE_INFINITY;
    if (!forever) this.#timeout.milliseconds = milliseconds;
    const timeout = forever ? 0 : this.#timeout.address;
    this.#call(this.#number, this.#address + 4 * word, FUTEX_WAIT, seen >>> 0, timeout, 0, 0);
  }

  waitAsync(word: number, seen: number): Promise<void> {
    const at = this.#address + 4 * word;
    const timeout = this.#timeoutAsync.address;
    return new Promise((resolve) => {
      this.#call.async(this.#number, at, FUTEX_WAIT, seen >>> 0, timeout, 0, 0, () => resolve());
    });
  }

  wake(word: number): void {
    this.#call(this.#number, this.#address + 4 * word, FUTEX_WAKE, EVERYONE, 0, 0, 0);
  }
}
