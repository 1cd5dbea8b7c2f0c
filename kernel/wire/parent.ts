// The kernel ends with the process that started it, even if that one was killed and could not say so.

import { LIMITS } from "../limits.js";

/** Calls `gone` once the parent is no more. A kernel that has no parent to lose is left alone. */
export function watchParent(gone: () => void): void {
  const announced = Number(process.env.JPY_PARENT_PID ?? process.env.JUPYTER_PARENT_PID ?? 0);
  const first = process.ppid;
  const lost = (): boolean => (first > 1 && process.ppid !== first) || (announced > 1 && !exists(announced));
  if (first <= 1 && announced <= 1) return;
  const timer = setInterval(() => {
    if (!lost()) return;
    clearInterval(timer);
    gone();
  }, LIMITS.parentPollMilliseconds);
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
