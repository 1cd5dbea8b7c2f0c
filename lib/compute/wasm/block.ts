// The run block: the words in memory that one run of a plan reads and writes. JavaScript fills it, generated code loads from it.

/** Fault number + 1 of the first failed check, or 0; then the value that failed. Byte offsets. */
export const FAULT_WORD = 0;
export const FAULT_VALUE_WORD = 4;
/** Where the arena begins. */
export const ARENA_WORD = 8;
/** Addresses of the bindings, four bytes each; then the scalar arguments. */
const BINDINGS = 16;

export const bindingWord = (binding: number): number => BINDINGS + 4 * binding;

/** Every scalar argument is there twice: as a float32 and, four bytes on, as an int32. */
export const argumentWord = (bindings: number, index: number): number => BINDINGS + 4 * bindings + 8 * index;

export const blockBytes = (bindings: number, args: number): number => argumentWord(bindings, args);
