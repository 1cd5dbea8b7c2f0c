// The last words to a client whose engine has gone.

import { ChannelEnd, type ChannelMemory } from "./channel.js";

/** Tells the client why no one will answer any more. To be called where nothing else sends replies on this channel now. */
export function reportLoss(channel: ChannelMemory, message: string): void {
  const end = new ChannelEnd(channel, "engine");
  if (end.lost) return;
  let sent = true;
  // A ring full of replies that no one fetched: then the client learns that it has lost the engine, but not why.
  const giveUp = (): never => {
    sent = false;
    throw new Error("no room");
  };
  try {
    end.send({ type: "error", sequence: 0, origin: 0, kind: "connection", message }, giveUp);
  } catch (error) {
    if (sent) throw error;
  }
  end.lose();
}
