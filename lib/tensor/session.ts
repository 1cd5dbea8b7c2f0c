// The session all tensors of this process belong to. It is opened at the first operation.

import { connect } from "../compute/engine/connect.js";
import { Session } from "../compute/session.js";

export type { Rider } from "../compute/rider.js";

let current: Session | undefined;

/** The session; opened on first use, on the device and home that the environment names (lib/compute/settings.ts). Anew when its
 *  engine has gone, as a compute server that was killed. */
export function session(): Session {
  if (current?.client.gone) current = undefined;
  current ??= open();
  return current;
}

function open(): Session {
  const opened = new Session(connect());
  opened.client.onEnd(() => {
    if (opened === current) tellEngine(true);
  });
  tellEngine(false);
  return opened;
}

const engineListeners = new Set<(gone: boolean) => void>();

/** Calls `listener` with true when the compute server has ended by itself, and with false when an engine is started. */
export function onEngine(listener: (gone: boolean) => void): void {
  engineListeners.add(listener);
}

function tellEngine(gone: boolean): void {
  for (const listener of engineListeners) listener(gone);
}

/** Closes the engine. The next operation opens a new one; tensors of the old one can no longer be read. */
export function closeSession(): void {
  current?.client.close();
  current = undefined;
}

/** Whether this is still the session of this process. */
export function isCurrent(session: Session): boolean {
  return session === current;
}

type SettleListener = (broken: boolean) => void;
const settleListeners = new Set<SettleListener>();

/** Calls `listener` whenever the session has settled, with true where that was cut short. Gives the way to stop. */
export function onSettle(listener: SettleListener): () => void {
  settleListeners.add(listener);
  return () => void settleListeners.delete(listener);
}

/** Waits for everything that has been started, without blocking, and throws what has gone wrong in it. A notebook's cell
 *  ends with this, so that an error is shown under the cell that caused it. `broken`: the cell was stopped or has failed; then
 *  nothing is waited for. */
export async function settleSession(broken = false): Promise<void> {
  try {
    if (!broken) await current?.client.synchronizeAsync();
  } finally {
    for (const listener of settleListeners) listener(broken);
  }
}
