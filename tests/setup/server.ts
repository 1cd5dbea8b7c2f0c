// Talks to a running JupyterLab server: its REST interface, and a kernel over a WebSocket.

import { randomUUID } from "node:crypto";

export class Server {
  readonly port: number;
  readonly token: string;

  constructor(port: number, token: string) {
    this.port = port;
    this.token = token;
  }

  async get(path: string): Promise<Response> {
    return this.ask(path, "GET");
  }

  /** What "Shut Down" in JupyterLab's File menu asks for. */
  async shutDown(): Promise<void> {
    await this.ask("/api/shutdown", "POST");
  }

  private async ask(path: string, method: string, body?: object): Promise<Response> {
    const reply = await fetch(`http://127.0.0.1:${this.port}${path}`, {
      method,
      headers: { Authorization: `token ${this.token}` },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    if (!reply.ok) throw new Error(`${method} ${path}: ${reply.status} ${await reply.text()}`);
    return reply;
  }

  /** Starts a kernel, runs one cell in it, and gives the result's text. */
  async runCell(kernel: string, code: string): Promise<string> {
    const { id } = (await (await this.ask("/api/kernels", "POST", { name: kernel })).json()) as {
      id: string;
    };
    const socket = new WebSocket(
      `ws://127.0.0.1:${this.port}/api/kernels/${id}/channels?token=${this.token}`,
    );
    const header = {
      msg_id: randomUUID(),
      msg_type: "execute_request",
      username: "",
      session: randomUUID(),
      version: "5.3",
    };
    return new Promise((resolve, reject) => {
      socket.addEventListener("error", () => reject(new Error("the kernel's WebSocket failed")));
      socket.addEventListener("open", () =>
        socket.send(
          JSON.stringify({
            ...{ header, parent_header: {}, metadata: {}, buffers: [], channel: "shell" },
            content: { code, silent: false, store_history: true, user_expressions: {}, allow_stdin: false },
          }),
        ),
      );
      socket.addEventListener("message", ({ data }) => {
        const { msg_type, content, parent_header } = JSON.parse(String(data));
        if (parent_header.msg_id !== header.msg_id) return;
        if (msg_type === "execute_result") resolve(content.data["text/plain"]);
        if (msg_type === "error") reject(new Error(`${content.ename}: ${content.evalue}`));
        if (msg_type === "execute_reply" && content.status !== "ok")
          reject(new Error(JSON.stringify(content)));
      });
    });
  }
}
