// Subshells: made, listed and deleted on control, with cells and comms that do not wait for the main shell's cell.

import { randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import { sharedKernel } from "./kernel.js";

const kernel = sharedKernel();

async function newSubshell(): Promise<string> {
  const { content } = await kernel().request("create_subshell_request", {}, "control");
  return content.subshell_id as string;
}

const inSubshell = (subshell: string, code: string) =>
  kernel().finished(kernel().startCell(code, {}, subshell));

const said = (cell: string, text: string) =>
  kernel().wait((m) => m.parent === cell && m.type === "stream" && m.content.text === text, text);

const SLEEP = "const sleep = (ms: number) => new Promise((r) => setTimeout(r, ms));";

test("are listed until they are deleted", async () => {
  const [one, two] = [await newSubshell(), await newSubshell()];
  const list = async () =>
    (await kernel().request("list_subshell_request", {}, "control")).content.subshell_id;
  expect(await list()).toEqual([one, two]);
  await kernel().request("delete_subshell_request", { subshell_id: one }, "control");
  expect(await list()).toEqual([two]);
  const again = await kernel().request("delete_subshell_request", { subshell_id: one }, "control");
  expect(again.content).toMatchObject({ status: "error", ename: "SubshellNotFound" });
  await kernel().request("delete_subshell_request", { subshell_id: two }, "control");
});

test("a message for a subshell that is not there is answered with an error", async () => {
  const id = kernel().startCell("1", {}, "nowhere");
  const { content } = await kernel().wait((m) => m.parent === id && m.type === "execute_reply", "a reply");
  expect(content).toMatchObject({ status: "error", ename: "SubshellNotFound" });
});

describe("a subshell's cell", () => {
  test("runs beside a top-level loop of the main shell, and shares its variables", async () => {
    const subshell = await newSubshell();
    await kernel().execute("let turning = true, turns = 0;");
    const main = kernel().startCell("console.log('go'); while (turning) { turns++; Math.random(); } 'over'");
    await said(main, "go\n");
    const ended = await inSubshell(subshell, "turning = false; turns > 0");
    expect(ended.result).toBe("true");
    expect((await kernel().finished(main)).result).toBe("'over'");
  });

  test("prints under itself, its error does not touch the main shell's queue", async () => {
    const subshell = await newSubshell();
    await kernel().execute(SLEEP);
    const main = kernel().startCell("console.log('go'); await sleep(300); console.log('main'); 'first'");
    const waiting = kernel().startCell("'second'");
    await said(main, "go\n");
    const failed = await inSubshell(subshell, "console.log('sub'); throw new Error('only mine')");
    expect([failed.stdout, failed.reply.content.evalue]).toEqual(["sub\n", "only mine"]);
    expect((await kernel().finished(main)).stdout).toBe("go\nmain\n");
    expect((await kernel().finished(waiting)).result).toBe("'second'");
  });

  test("is stopped with the main shell's, and both shells go on", async () => {
    const subshell = await newSubshell();
    const cells = [
      kernel().startCell("console.log('go'); await new Promise(() => {});"),
      kernel().startCell("console.log('go'); while (true) await sleep(1);", {}, subshell),
    ];
    for (const cell of cells) await said(cell, "go\n");
    await kernel().request("interrupt_request", {}, "control");
    for (const cell of cells) {
      expect((await kernel().finished(cell)).reply.content).toMatchObject({ ename: "Interrupted" });
    }
    expect((await inSubshell(subshell, "'sub'")).result).toBe("'sub'");
    expect((await kernel().execute("'main'")).result).toBe("'main'");
  });
});

test("a comm of user code is served in a subshell while the main shell's cell waits", async () => {
  const subshell = await newSubshell();
  await kernel().execute(`
    import { comms } from "@gradbook/kernel/notebook";
    comms.register("answers", (comm) => { comm.onMessage = ({ data }) => comm.send({ back: data }) });`);
  const main = kernel().startCell("console.log('go'); await sleep(1e6);");
  await said(main, "go\n");
  const comm = randomUUID();
  kernel().send("comm_open", { comm_id: comm, target_name: "answers", data: {} }, { subshell });
  kernel().send("comm_msg", { comm_id: comm, data: { n: 1 } }, { subshell });
  const { content } = await kernel().wait(
    (m) => m.type === "comm_msg" && m.content.comm_id === comm,
    "answer",
  );
  expect(content.data).toEqual({ back: { n: 1 } });
  await kernel().request("interrupt_request", {}, "control");
  await kernel().finished(main);
});
