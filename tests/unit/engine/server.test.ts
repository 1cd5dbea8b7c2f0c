// The compute server as a process: it ends with its client, leaves nothing behind, and lets no one else in.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { connect as connectSocket, type Socket } from "node:net";
import { dirname } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { collectGarbage } from "gradbook/compute/collector";
import { FrameReader, wireFrame, wireMessage } from "gradbook/compute/engine/bridge";
import { connect } from "gradbook/compute/engine/connect";
import { decodeReply, type Reply } from "gradbook/compute/engine/protocol";
import { afterEach, describe, expect, test, vi } from "vitest";
import { floats, seeded, squarings } from "./graphs.js";

vi.setConfig({ testTimeout: 20_000 });

/** For conditions that have no limit of their own. */
const PATIENTLY = { timeout: 10_000, interval: 10 };
const SERVER = fileURLToPath(import.meta.resolve("gradbook/compute/engine/server"));
const CONNECT = import.meta.resolve("gradbook/compute/engine/connect");

/** Processes and their parents, from /proc. */
function processes(): { pid: number; parent: number; command: string }[] {
  return readdirSync("/proc").flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      const status = readFileSync(`/proc/${name}/stat`, "utf8");
      const [state, parent] = status.slice(status.lastIndexOf(")") + 2).split(" ");
      if (state === "Z") return [];
      const command = readFileSync(`/proc/${name}/cmdline`, "utf8").replaceAll("\0", " ");
      return [{ pid: Number(name), parent: Number(parent), command }];
    } catch {
      return []; // it has ended meanwhile
    }
  });
}

function serversOf(parent: number): number[] {
  const mine = processes().filter((process) => process.parent === parent && process.command.includes(SERVER));
  return mine.map(({ pid }) => pid);
}

function lives(pid: number): boolean {
  return processes().some((process) => process.pid === pid);
}

// on a busy machine a process may take longer to end: the best of a few tries counts
describe.runIf(process.platform === "linux")("the server's process", { retry: 3 }, () => {
  test("SIGKILL of the client's process leaves no server after 2 s, busy or idle", async () => {
    for (const busy of [false, true]) {
      const script = `
        import { connect } from ${JSON.stringify(CONNECT)};
        const client = connect({ device: "reference", home: "server" });
        const shape = [200, 200];
        const nodes = [{ op: "input", inputs: [], attributes: { binding: 0 }, shape, dtype: "float32" }];
        for (let i = 0; i < 100; i++) nodes.push({ op: "matmul", inputs: [i, i], attributes: {}, shape, dtype: "float32" });
        client.define(1, { nodes, results: [{ node: 100 }], inputs: 1, args: 0 });
        client.write(1, new Uint8Array(160000));
        client.synchronize();
        if (${busy}) client.run(1, [1, 2], []);
        console.log("ready");
        setInterval(() => {}, 1000);`;
      const program = spawn(process.execPath, ["--input-type=module", "-e", script], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      await once(createInterface(program.stdout!), "line");
      const [server] = serversOf(program.pid!);
      expect(server).toBeGreaterThan(0);
      program.kill("SIGKILL");
      await vi.waitFor(() => expect(lives(server!)).toBe(false), { timeout: 2000, interval: 20 });
    }
  });

  test("a script that only connects ends by itself, and so does its server", async () => {
    const script = `
      import { connect } from ${JSON.stringify(CONNECT)};
      connect({ device: "reference", home: "thread" }).memory();
      const client = connect({ device: "reference", home: "server" });
      client.write(1, new Uint8Array(8));
      console.log((await client.readAsync(1)).length);
      await new Promise((resolve) => process.stdin.resume().on("end", resolve));`;
    const program = spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: "pipe" });
    expect(await once(createInterface(program.stdout), "line")).toEqual(["8"]);
    const [server] = serversOf(program.pid!);
    expect(server).toBeGreaterThan(0);
    program.stdin.end();
    expect(await once(program, "close")).toEqual([0, null]);
    await vi.waitFor(() => expect(lives(server!)).toBe(false), { timeout: 2000, interval: 20 });
  });

  test("closing ends the server", async () => {
    const client = connect({ device: "reference", home: "server" });
    client.memory();
    const [server] = serversOf(process.pid);
    client.close();
    await vi.waitFor(() => expect(lives(server!)).toBe(false), { timeout: 2000, interval: 20 });
  });

  test("the memory that it shared is given back once nobody can look at it", async () => {
    const mapped = (): number => readFileSync("/proc/self/maps", "utf8").split("memfd:gradbook").length - 1;
    // in a function of its own: what this one once had in its hands may live as long as it does
    const use = (): void => {
      const client = connect({ device: "reference", home: "server" });
      client.memory();
      expect(mapped()).toBeGreaterThan(0);
      client.close();
    };
    for (let i = 0; i < 3; i++) use();
    await vi.waitFor(() => {
      collectGarbage("major");
      expect(mapped()).toBe(0);
    }, PATIENTLY);
  });

  test.each([false, true])(
    "a killed server is an error at the next call that says what to do, also while it is waited for; by socket: %s",
    async (socket) => {
      const client = connect({ device: "reference", home: "server", socket });
      client.write(1, floats(1));
      client.synchronize();
      const [server] = serversOf(process.pid);
      const said = /compute server has ended by SIGKILL.*values that it held are lost.*unset GRADBOOK_SERVER/;
      process.kill(server!, "SIGKILL");
      expect(() => client.read(1)).toThrow(said);
      expect(() => client.run(1, [1], [])).toThrow(said);
      await expect(client.synchronizeAsync()).rejects.toThrow(said);
      client.close();
    },
  );

  test("uses no processor time while nothing is asked", async () => {
    const client = connect({ device: "reference", home: "server" });
    client.memory();
    const [server] = serversOf(process.pid) as [number];
    const ticks = (): number => {
      const status = readFileSync(`/proc/${server}/stat`, "utf8");
      const fields = status.slice(status.lastIndexOf(")") + 2).split(" ");
      return Number(fields[11]) + Number(fields[12]);
    };
    // start-up work of the runtime ends within some seconds: wait for half a second in which (nearly) nothing is used
    await vi.waitFor(
      async () => {
        const before = ticks();
        await new Promise((resolve) => setTimeout(resolve, 500));
        expect(ticks() - before).toBeLessThanOrEqual(1);
      },
      { ...PATIENTLY, interval: 1 },
    );
    client.close();
  });
});

describe("the server's door", () => {
  const started: ChildProcess[] = [];
  afterEach(() => {
    for (const child of started.splice(0)) child.kill("SIGKILL");
  });

  async function startServer(): Promise<{ address: string; child: ChildProcess }> {
    const child = spawn(process.execPath, [SERVER], { stdio: ["pipe", "pipe", "inherit"] });
    started.push(child);
    child.stdin!.write(`${JSON.stringify({ token: "right", device: "reference" })}\n`);
    const [address] = await once(createInterface(child.stdout!), "line");
    return { address, child };
  }

  /** Collects the replies that come over a socket. */
  function listen(socket: Socket): Reply[] {
    const reader = new FrameReader(2 ** 20);
    const replies: Reply[] = [];
    socket.on("data", (data) => {
      for (const { views, length } of reader.read(data as Buffer))
        replies.push(structuredClone(decodeReply(views, 0, length)));
    });
    return replies;
  }

  const hello = (token: string): Uint8Array =>
    wireMessage({ type: "hello", sequence: 1, version: 1, device: "reference", token });

  test("only its user can find the socket, and no one once the client is in", async () => {
    const { address, child } = await startServer();
    if (process.platform !== "win32") {
      expect(statSync(dirname(address)).mode & 0o777).toBe(0o700);
      expect(Buffer.byteLength(address)).toBeLessThanOrEqual(100);
    }
    const socket = connectSocket(address);
    const replies = listen(socket);
    socket.write(hello("right"));
    await vi.waitFor(
      () => expect(replies.map(({ type }) => type)).toEqual(["welcome", "completed"]),
      PATIENTLY,
    );
    expect(existsSync(dirname(address))).toBe(false);
    socket.destroy();
    await once(child, "exit");
  });

  test("a wrong token, another message first, a wrong version or noise gets an error and is hung up on", async () => {
    const { address } = await startServer();
    const random = seeded(5);
    const visits: [Uint8Array, RegExp][] = [
      [hello("wrong"), /the token is wrong/],
      [hello(""), /the token is wrong/],
      [wireMessage({ type: "memory", sequence: 1 }), /the first message must be "hello", not "memory"/],
      [
        wireMessage({ type: "hello", sequence: 1, version: 9, device: "reference", token: "right" }),
        /version 1 of the protocol, the client 9/,
      ],
      [Uint8Array.from({ length: 64 }, () => random() >>> 24), /a frame of -?\d+ bytes/],
      [wireFrame(new Uint8Array(3), false), /a message of 3 bytes has no header/],
    ];
    for (const [bytes, message] of visits) {
      const socket = connectSocket(address);
      const replies = listen(socket);
      socket.write(bytes);
      await once(socket, "close");
      expect(replies).toMatchObject([
        { type: "error", kind: "protocol", message: expect.stringMatching(message) },
      ]);
    }
    const socket = connectSocket(address);
    const replies = listen(socket);
    const halves = hello("right");
    socket.write(halves.subarray(0, 11));
    socket.write(halves.subarray(11));
    await vi.waitFor(
      () => expect(replies[0]).toMatchObject({ type: "welcome", device: "reference" }),
      PATIENTLY,
    );
    socket.destroy();
  });

  test("malformed messages after the greeting get errors; good ones still work", async () => {
    const { address } = await startServer();
    const socket = connectSocket(address);
    const replies = listen(socket);
    socket.write(hello("right"));
    const random = seeded(8);
    for (let i = 0; i < 1000; i++)
      socket.write(
        wireFrame(
          Uint8Array.from({ length: random() % 100 }, () => random() >>> 24),
          false,
        ),
      );
    socket.write(wireMessage({ type: "memory", sequence: 2 }));
    await vi.waitFor(() => expect(replies.at(-1)).toEqual({ type: "completed", sequence: 2 }), PATIENTLY);
    const kinds = replies.map(({ type }) => type);
    expect(kinds.filter((type) => type === "error").length).toBe(1000);
    expect(kinds).toContain("usage");
    socket.destroy();
  });

  test("a cancel overtakes the run that it is to stop", async () => {
    const { address } = await startServer();
    const socket = connectSocket(address);
    const replies = listen(socket);
    socket.write(hello("right"));
    const graph = JSON.stringify(squarings(96, 1000)); // far longer than the test
    const no = { free: new Int32Array(0), args: new Float64Array(0), inline: [], report: 0 };
    const zeros = new Uint8Array(4 * 96 * 96);
    const write = { buffer: 1, total: zeros.length, offset: 0, chunk: zeros };
    socket.write(wireMessage({ type: "define", sequence: 2, plan: 1, graph }));
    socket.write(wireMessage({ type: "write", sequence: 3, ...write }));
    const done = (sequence: number): Promise<void> =>
      vi.waitFor(() => expect(replies.at(-1)).toEqual({ type: "completed", sequence }), PATIENTLY);
    await done(3);
    socket.write(wireMessage({ type: "run", sequence: 4, plan: 1, bindings: Int32Array.of(1, 2), ...no }));
    socket.write(wireMessage({ type: "cancel", sequence: 5, upTo: 4 }));
    await done(5);
    // how far the engine has come may be said once or twice in between
    expect(replies).toContainEqual(
      expect.objectContaining({ type: "error", sequence: 4, kind: "cancelled" }),
    );
    socket.destroy();
  });
});
