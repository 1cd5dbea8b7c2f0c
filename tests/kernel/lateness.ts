// How late this machine is just now, for tests that say how soon something happens: on one that is busy with other things each
// message between processes takes longer, which is no fault of the kernel's.

const INTERVAL_MS = 5;

/** What `work` gives, and the most seconds that a timer came late meanwhile. */
export async function withLateness<T>(work: () => Promise<T>): Promise<{ value: T; late: number }> {
  let last = performance.now();
  let late = 0;
  const look = (): void => {
    const now = performance.now();
    late = Math.max(late, now - last - INTERVAL_MS);
    last = now;
  };
  const timer = setInterval(look, INTERVAL_MS);
  try {
    const value = await work();
    look();
    return { value, late: late / 1000 };
  } finally {
    clearInterval(timer);
  }
}

/** Waits of threads and processes for each other on the way from the stop button to the end of a cell. */
export const HOPS_OF_A_STOP = 5;
