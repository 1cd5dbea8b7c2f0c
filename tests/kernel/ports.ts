// Ports for a kernel's sockets, as whoever starts one chooses them: they are free now, and another program may take one before
// the kernel does.

import { createServer } from "node:net";

/** How often a kernel is started whose port was taken meanwhile. */
export const STARTS = 5;
/** What it says then. */
export const PORT_TAKEN: RegExp = /EADDRINUSE|another program uses it/;

export interface Ports {
  readonly shell_port: number;
  readonly control_port: number;
  readonly iopub_port: number;
  readonly stdin_port: number;
  readonly hb_port: number;
}

export async function freePorts(): Promise<Ports> {
  const servers = await Promise.all(Array.from({ length: 5 }, listening));
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  const [shell_port, control_port, iopub_port, stdin_port, hb_port] = ports as [
    number,
    number,
    number,
    number,
    number,
  ];
  return { shell_port, control_port, iopub_port, stdin_port, hb_port };
}

async function listening(): Promise<ReturnType<typeof createServer>> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}
