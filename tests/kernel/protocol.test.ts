// The kernel as a process: what it says about itself, bad input, answers while busy, history, its end.

import { spawn } from "node:child_process";
import { createHmac, randomUUID } from "node:crypto";
import { once } from "node:events";
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import { writeKernelspec } from "@gradbook/kernel/spec";
import { describe, expect, test } from "vitest";
import { KERNEL_MAIN, KernelClient } from "./client.js";
import { FAKE_LIBRARY, sharedKernel } from "./kernel.js";

const kernel = sharedKernel({ identity: "x".repeat(200) });

test("kernel_info is honest", async () => {
  for (const channel of ["shell", "control"] as const) {
    const { content } = await kernel().request("kernel_info_request", {}, channel);
    expect(content).toMatchObject({
      protocol_version: "5.5",
      supported_features: ["debugger", "kernel subshells"],
      language_info: { name: "typescript", file_extension: ".ts", codemirror_mode: "typescript" },
    });
  }
});

test("a reply goes back through all who have passed the request on", async () => {
  // a gateway puts frames of its own before the delimiter
  const id = randomUUID();
  const header = {
    msg_id: id,
    msg_type: "kernel_info_request",
    session: "s",
    username: "u",
    date: new Date().toISOString(),
    version: "5.5",
  };
  const parts = [header, {}, {}, {}].map((part) => Buffer.from(JSON.stringify(part)));
  await kernel().sendFrames(["gateway", Buffer.from([0, 255]), "<IDS|MSG>", kernel().sign(parts), ...parts]);
  const reply = await kernel().wait((m) => m.parent === id && m.channel === "shell", "the reply");
  expect(reply.identities).toEqual([Buffer.from("gateway"), Buffer.from([0, 255])]);
});

test("the heartbeat echoes", async () => {
  const { heartbeat } = kernel().sockets;
  await heartbeat.send("alive?");
  expect(String((await heartbeat.receive())[0])).toBe("alive?");
});

test("other requests are answered while a cell is busy, and the kernel is busy again afterwards", async () => {
  await kernel().execute("const known = { field: 1 }");
  const cell = kernel().startCell(
    "console.log('go'); (() => { const end = Date.now() + 1200; while (Date.now() < end); })()",
  );
  await kernel().wait((m) => m.parent === cell && m.type === "stream", "go");
  const start = performance.now();
  await kernel().request("kernel_info_request", {}, "control");
  await kernel().request("kernel_info_request", {});
  expect(performance.now() - start).toBeLessThan(200);
  const completion = await kernel().request("complete_request", { code: "known.", cursor_pos: 6 });
  expect(completion.content.matches).toContain("field");
  const { received } = kernel();
  const idle = received.findIndex(
    (m) => m.parent === completion.parent && m.content.execution_state === "idle",
  );
  await kernel().wait(
    (m) => m.parent === cell && m.content.execution_state === "busy" && received.indexOf(m) > idle,
    "busy again, for the cell",
  );
  expect(
    kernel()
      .of(cell)
      .some((m) => m.content.execution_state === "idle"),
  ).toBe(false);
  await kernel().finished(cell);
});

describe("history", () => {
  const ask = async (request: object) =>
    (await kernel().request("history_request", { output: false, raw: true, ...request })).content
      .history as unknown[][];

  test("tail, range and search", async () => {
    const count = Number((await kernel().execute("'needle one'")).reply.content.execution_count);
    await kernel().execute("'needle two'");
    await kernel().execute("'hidden'", { store_history: false });
    await kernel().execute("'needle one'");
    expect((await ask({ hist_access_type: "tail", n: 2 })).map(([, line]) => line)).toEqual([
      count + 1,
      count + 2,
    ]);
    expect(await ask({ hist_access_type: "range", session: 0, start: count, stop: count + 1 })).toEqual([
      [0, count, "'needle one'"],
    ]);
    expect(await ask({ hist_access_type: "search", pattern: "*needle*", n: 10, unique: true })).toHaveLength(
      2,
    );
    expect(await ask({ hist_access_type: "search", pattern: "needle", n: 10 })).toEqual([]);
  });
});

test("histories of earlier sessions are kept, also of sessions side by side", async () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), "gradbook-history-test-"));
  const start = () => KernelClient.start({ library: FAKE_LIBRARY, env: { GRADBOOK_HISTORY: folder } });
  const ask = async (client: KernelClient, request: object) =>
    (await client.request("history_request", { output: false, raw: true, ...request })).content.history;
  const [first, second] = await Promise.all([start(), start()]);
  await first.execute("'of the first'");
  await Promise.all([first.execute("1 + 1"), second.execute("'of the second'")]);
  await Promise.all([first.close(), second.close()]);
  // as a kernel leaves it that ends in the middle of a line
  appendFileSync(path.join(folder, "2.jsonl"), '[2, "unfin');
  const third = await start();
  try {
    await third.execute("'of the third'");
    expect(await ask(third, { hist_access_type: "tail", n: 10 })).toEqual([
      [1, 1, "'of the first'"],
      [1, 2, "1 + 1"],
      [2, 1, "'of the second'"],
      [3, 1, "'of the third'"],
    ]);
    expect(await ask(third, { hist_access_type: "range", session: -2 })).toEqual([
      [1, 1, "'of the first'"],
      [1, 2, "1 + 1"],
    ]);
    expect(await ask(third, { hist_access_type: "range", session: 0 })).toEqual([[0, 1, "'of the third'"]]);
    expect(await ask(third, { hist_access_type: "search", pattern: "*of the*", n: 2 })).toHaveLength(2);
  } finally {
    await third.close();
    rmSync(folder, { recursive: true });
  }
});

test("user expressions are evaluated after the cell, each for itself", async () => {
  const { reply } = await kernel().execute("const side = 3", {
    user_expressions: { area: "side ** 2", wrong: "nowhere.field", late: "Promise.resolve(side)" },
  });
  expect(reply.content.status).toBe("ok");
  expect(reply.content.user_expressions).toMatchObject({
    area: { status: "ok", data: { "text/plain": "9" }, metadata: {} },
    wrong: { status: "error", ename: "ReferenceError" },
    late: { status: "ok", data: { "text/plain": "3" } },
  });
});

/** Random whole numbers, the same each time. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 8;
  };
}

describe("bad input", () => {
  const frames = (parts: string[], signature?: string): (string | Buffer)[] => {
    const buffers = parts.map((part) => Buffer.from(part));
    return ["<IDS|MSG>", signature ?? kernel().sign(buffers), ...buffers];
  };
  const header = (type: string): string =>
    JSON.stringify({
      msg_id: randomUUID(),
      msg_type: type,
      session: "s",
      username: "u",
      date: "2026-01-01T00:00:00Z",
      version: "5.3",
    });

  test.each<[string, () => (string | Buffer)[]]>([
    ["no frames to speak of", () => ["nonsense"]],
    ["only a delimiter", () => ["<IDS|MSG>"]],
    ["too few frames", () => ["<IDS|MSG>", "00", "{}", "{}"]],
    [
      "a wrong signature",
      () => frames([header("execute_request"), "{}", "{}", '{"code":"1"}'], "0".repeat(64)),
    ],
    [
      "a signature by another key",
      () => {
        const parts = [header("shutdown_request"), "{}", "{}", "{}"];
        const hmac = createHmac("sha256", "guessed");
        for (const part of parts) hmac.update(part);
        return frames(parts, hmac.digest("hex"));
      },
    ],
    ["no JSON", () => frames(["{", "{}", "{}", "{}"])],
    ["JSON that is no object", () => frames(["[]", "1", "null", '"x"'])],
    ["a header without a type", () => frames(["{}", "{}", "{}", "{}"])],
    [
      "fields of other types",
      () => frames([header("execute_request"), "{}", "{}", '{"code":5,"silent":"yes"}']),
    ],
    [
      "comms of other types",
      () => frames([header("comm_open"), "{}", "{}", '{"comm_id":{},"target_name":"__proto__"}']),
    ],
    [
      "a cursor outside",
      () => frames([header("complete_request"), "{}", "{}", '{"code":"a","cursor_pos":1e9}']),
    ],
    ["a type named like a method", () => frames([header("constructor"), "{}", "{}", "{}"])],
  ])("%s is dropped, and the next message answered", async (_, bad) => {
    for (const channel of ["shell", "control"] as const) {
      for (let i = 0; i < 20; i++) await kernel().sendFrames(bad(), channel);
    }
    const { result } = await kernel().execute("'still here'");
    expect(result).toBe("'still here'");
  });

  test("thousands of random frames cost no message between them", async () => {
    const random = generator(7);
    const answered: string[] = [];
    for (let n = 0; n < 3_000; n++) {
      const count = 1 + (random() % 9);
      const bad = Array.from({ length: count }, () => {
        const kind = random() % 4;
        if (kind === 0) return "<IDS|MSG>";
        if (kind === 1) return header("execute_request");
        return Buffer.from(Array.from({ length: random() % 40 }, () => random() % 256));
      });
      await kernel().sendFrames(bad, n % 3 === 0 ? "control" : n % 3 === 1 ? "stdin" : "shell");
      if (n % 100 === 0) answered.push(kernel().send("kernel_info_request", {}));
    }
    for (const id of answered) {
      await kernel().wait((m) => m.parent === id && m.type === "kernel_info_reply", "a reply");
    }
    expect((await kernel().execute("'still here'")).result).toBe("'still here'");
  });

  test("a message that is sent again is dropped, and all that was dropped is counted in the log", async () => {
    const again = frames([header("execute_request"), "{}", "{}", '{"code":"console.log(\'once\')"}']);
    for (let i = 0; i < 3; i++) await kernel().sendFrames(again);
    await kernel().execute("'after'");
    const printed = kernel().received.filter((m) => m.type === "stream" && m.content.text === "once\n");
    expect(printed).toHaveLength(1);
    expect(kernel().log).toMatch(/Messages dropped so far: \d+ malformed/);
  });
});

describe("the end", () => {
  const exited = async (client: KernelClient, seconds: number): Promise<number> => {
    const start = performance.now();
    if (client.process.exitCode === null && client.process.signalCode === null) {
      await once(client.process, "exit", { signal: AbortSignal.timeout(seconds * 1000) });
    }
    return (performance.now() - start) / 1000;
  };

  test("comes with shutdown_request, also in the middle of a busy cell", async () => {
    for (const code of ["1", "console.log('go'); while (true) { try { Math.random() } catch {} }"]) {
      const client = await KernelClient.start({ library: FAKE_LIBRARY });
      const cell = client.startCell(code);
      await client.wait((m) => m.parent === cell && m.type === "execute_input", "the cell");
      const reply = await client.request("shutdown_request", { restart: true }, "control");
      expect(reply.content).toEqual({ status: "ok", restart: true });
      expect(await exited(client, 5)).toBeLessThan(1.5);
      await client.close();
      expect(client.problems).toEqual([]);
    }
  });

  test("in the middle of a run is followed by the next kernel, which answers what was asked before it was there", async () => {
    const client = await KernelClient.start({ library: FAKE_LIBRARY });
    const cell = client.startCell("var old = 1; console.log('go'); while (true);");
    await client.wait((m) => m.parent === cell && m.type === "stream", "the cell");
    await client.request("shutdown_request", { restart: true }, "control");
    await client.restart();
    // to the same ports, before anything listens there
    const early = [
      client.send("list_subshell_request", {}, { channel: "control" }),
      client.startCell("var young = typeof old"),
      client.send("complete_request", { code: "youn", cursor_pos: 4 }),
      client.send("kernel_info_request", {}),
    ];
    const replies = await Promise.all(
      early.map((id) => client.wait((m) => m.parent === id && m.channel !== "iopub", "a reply to each")),
    );
    expect(replies.map(({ content }) => content.status)).toEqual(["ok", "ok", "ok", "ok"]);
    let welcomes = 0;
    await client.wait((m) => m.type === "iopub_welcome" && ++welcomes === 2, "the next kernel's welcome");
    expect((await client.execute("young")).result).toBe("'undefined'");
    await client.close();
    expect(client.problems).toEqual([]);
  });

  test("comes with the death of the parent", async () => {
    const folder = mkdtempSync(path.join(os.tmpdir(), "gradbook-parent-"));
    const parent = spawn(process.execPath, ["-e", PARENT(FAKE_LIBRARY, folder)], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [line] = (await once(parent.stdout, "data")) as [Buffer];
    const pid = Number(line.toString());
    process.kill(pid, 0);
    parent.kill("SIGKILL");
    await expect.poll(() => alive(pid), { timeout: 3_000, interval: 50 }).toBe(false);
    rmSync(folder, { recursive: true });
  });
});

test("a kernelspec has absolute paths and a logo", () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), "gradbook-spec-"));
  writeKernelspec(folder, { node: process.execPath, kernelMain: "/somewhere/main.js" });
  const spec = JSON.parse(readFileSync(path.join(folder, "kernel.json"), "utf8"));
  expect(spec).toMatchObject({
    argv: [process.execPath, "/somewhere/main.js", "--connection-file", "{connection_file}"],
    display_name: "TypeScript (Gradbook)",
    language: "typescript",
    interrupt_mode: "message",
  });
  expect(readFileSync(path.join(folder, "logo-svg.svg"), "utf8")).toMatch(/^<svg /);
  for (const size of [32, 64]) {
    // a PNG file's header ends with width and height
    const png = readFileSync(path.join(folder, `logo-${size}x${size}.png`));
    expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([size, size]);
  }
  expect(() => writeKernelspec(folder, { node: "node", kernelMain: "/x" })).toThrow("absolute");
  rmSync(folder, { recursive: true });
});

test("a port that another program uses is named, and the kernel ends", async () => {
  const taken = net.createServer();
  await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
  const { port } = taken.address() as net.AddressInfo;
  const folder = mkdtempSync(path.join(os.tmpdir(), "gradbook-port-"));
  const file = path.join(folder, "connection.json");
  const names = ["shell_port", "control_port", "stdin_port", "iopub_port", "hb_port"];
  // 0: any free one
  const ports = Object.fromEntries(names.map((name) => [name, name === "iopub_port" ? port : 0]));
  const connection = {
    transport: "tcp",
    ip: "127.0.0.1",
    key: "k",
    signature_scheme: "hmac-sha256",
    ...ports,
  };
  writeFileSync(file, JSON.stringify(connection));
  const child = spawn(process.execPath, [KERNEL_MAIN, "--connection-file", file]);
  let said = "";
  child.stderr.on("data", (chunk: Buffer) => {
    said += chunk.toString();
  });
  const [code] = await once(child, "close");
  taken.close();
  rmSync(folder, { recursive: true });
  expect(said).toMatch(new RegExp(`tcp://127\\.0\\.0\\.1:${port} .* another program uses it`));
  expect(code).toBe(1);
});

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

/** A program that starts a kernel, prints its process id once it runs, and waits. */
function PARENT(library: string, folder: string): string {
  const main = JSON.stringify(path.resolve("kernel/dist/main.js"));
  return `
    const { spawn } = require("node:child_process");
    const { writeFileSync } = require("node:fs");
    const net = require("node:net");
    const servers = Array.from({ length: 5 }, () => net.createServer().listen(0, "127.0.0.1"));
    setTimeout(() => {
      const [shell_port, control_port, iopub_port, stdin_port, hb_port] = servers.map((s) => s.address().port);
      for (const s of servers) s.close();
      const file = ${JSON.stringify(path.join(folder, "connection.json"))};
      writeFileSync(file, JSON.stringify({ transport: "tcp", ip: "127.0.0.1", key: "k", signature_scheme: "hmac-sha256", shell_port, control_port, iopub_port, stdin_port, hb_port }));
      const kernel = spawn(process.execPath, [${main}, "--connection-file", file, "--library", ${JSON.stringify(library)}], { stdio: "ignore" });
      const wait = setInterval(() => {
        const socket = net.connect(shell_port, "127.0.0.1", () => { clearInterval(wait); socket.destroy(); console.log(kernel.pid); });
        socket.on("error", () => {});
      }, 50);
    }, 50);`;
}
