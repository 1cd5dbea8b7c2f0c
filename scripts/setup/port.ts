// Ports on this machine: which are free.

import { createServer } from "node:net";
import { Problem } from "./problem.mjs";

const FIRST = 8888;
const TRIES = 100;

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen({ port, host: "127.0.0.1", exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/** The wanted port, which must be free; without a wish, the first free one from 8888 on. */
export async function choosePort(wanted?: number): Promise<number> {
  if (wanted !== undefined) {
    if (await isFree(wanted)) return wanted;
    throw new Problem(`Port ${wanted} is taken: choose another with --port, or leave the option out.`);
  }
  for (let port = FIRST; port < FIRST + TRIES; port++) if (await isFree(port)) return port;
  throw new Problem(`No free port between ${FIRST} and ${FIRST + TRIES - 1}: choose one with --port.`);
}
