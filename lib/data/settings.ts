// Every environment variable and every limit of the data sets, with its default. Read here, nowhere else.

/** Where data sets are kept instead of `.gradbook/data` in the project's folder: the environment variable GRADBOOK_DATA. */
export function chosenDataFolder(): string | undefined {
  return process.env.GRADBOOK_DATA || undefined;
}

/** Milliseconds without an answer, or without a further byte, after which a mirror is given up. */
export const MIRROR_PATIENCE_MS = 15_000;

/** Milliseconds after which an apt-get or dpkg-deb is ended: package lists, or 30 MB over a slow line. */
export const PACKAGE_PATIENCE_MS = 180_000;

/** Seconds apt-get waits for a server that does not answer. */
export const APT_TIMEOUT_S = 15;

/** Batches an asynchronous loader hands out before it lets other macrotasks run. */
export const BATCHES_PER_TURN = 8;

/** Examples of which a standardiser takes the statistics at once. */
export const FIT_BATCH = 1000;
