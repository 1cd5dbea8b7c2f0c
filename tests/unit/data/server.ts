// A server of files for tests of downloads.

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** Serves `answer(name)` for every name, as long as `use` runs; undefined is "404". */
export async function withServer<T>(
  answer: (name: string) => Buffer | undefined | "hang",
  use: (url: string) => Promise<T>,
): Promise<T> {
  const server = createServer((request, response) => {
    const body = answer((request.url ?? "/").slice(1));
    if (body === "hang") return;
    response.writeHead(body ? 200 : 404).end(body);
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  try {
    return await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}
