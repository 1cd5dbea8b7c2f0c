// What is thrown for a file that is damaged, or of a kind that cannot be read.

/** A file does not hold what its format demands, or holds something that tensors cannot. The message names the file.
 *  @example
 *  process.getBuiltinModule("node:fs").writeFileSync(`${folder}/x.npy`, "no array");
 *  await gb.data.loadNpy(`${folder}/x.npy`) // throws FileFormatError */
export class FileFormatError extends Error {
  override readonly name = "FileFormatError";
}

/** Throws a FileFormatError unless `condition` holds. `problem` is put together only then. */
export function demand(condition: boolean, file: string, problem: () => string): asserts condition {
  if (!condition) throw new FileFormatError(`${file}: ${problem()}`);
}
