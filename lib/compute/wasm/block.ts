// The run block: the words in memory that one run of a plan reads and writes. JavaScript fills it, generated code loads from it.

/** Fault number + 1 of the first failed check, or 0; then the value that failed, and where in the plan's order that was; a
 *  lock around these three. Byte offsets. */
export const FAULT_WORD = 0;
export const FAULT_VALUE_WORD = 4;
export const FAULT_ORDER_WORD = 8;
export const FAULT_LOCK_WORD = 12;
/** Where the arena begins. */
export const ARENA_WORD = 16;
/** Where the scratch memory of thread 0 begins, and the bytes from one thread's to the next one's. */
export const LOCAL_WORD = 20;
export const LOCAL_STEP_WORD = 24;
/** Addresses of the bindings, four bytes each; then the scalar arguments. */
const BINDINGS = 32;

export const bindingWord = (binding: number): number => BINDINGS + 4 * binding;

/** Every scalar argument is there twice: as a float32 and, four bytes on, as an int32. */
export const argumentWord = (bindings: number, index: number): number => BINDINGS + 4 * bindings + 8 * index;

export const blockBytes = (bindings: number, args: number): number => argumentWord(bindings, args);
