// Cells that ask the user: prompt, confirm, passwords, stopping while they wait, and front ends that cannot ask.

import { expect, test } from "vitest";
import { sharedKernel } from "./kernel.js";

const kernel = sharedKernel();

test("prompt waits for the answer; prints come before the question", async () => {
  const cell = kernel().startCell(
    `console.log("first"); const name: string = prompt("Your name?"); "Hello, " + name`,
  );
  const question = await kernel().question(cell);
  expect(question.content).toEqual({ prompt: "Your name?", password: false });
  expect(
    kernel()
      .of(cell)
      .some((m) => m.type === "stream"),
  ).toBe(true);
  kernel().answer("Ada 🧮");
  expect((await kernel().finished(cell)).result).toBe("'Hello, Ada 🧮'");
});

test("an empty answer means the default; passwords are hidden", async () => {
  const cell = kernel().startCell(`[prompt("Port?", "8888"), prompt("Token?", { password: true })]`);
  await kernel().question(cell);
  kernel().answer("");
  expect((await kernel().question(cell, 1)).content.password).toBe(true);
  kernel().answer("secret");
  expect((await kernel().finished(cell)).result).toBe("[ '8888', 'secret' ]");
});

test("confirm asks until the answer is y or n", async () => {
  const cell = kernel().startCell(`confirm("Sure?")`);
  await kernel().question(cell);
  kernel().answer("perhaps");
  expect((await kernel().question(cell, 1)).content.prompt).toBe("Sure? [y/n] ");
  kernel().answer("Y");
  expect((await kernel().finished(cell)).result).toBe("true");
});

test("a question can be stopped, and a late answer reaches no other cell", async () => {
  const cell = kernel().startCell(`prompt("Waiting")`);
  await kernel().question(cell);
  const start = performance.now();
  await kernel().request("interrupt_request", {}, "control");
  const { reply } = await kernel().finished(cell);
  expect(performance.now() - start).toBeLessThan(500);
  expect(reply.content).toMatchObject({ status: "error", ename: "Interrupted" });
  kernel().answer("too late");
  const next = kernel().startCell(`prompt("Again?")`);
  await kernel().question(next);
  kernel().answer("in time");
  expect((await kernel().finished(next)).result).toBe("'in time'");
});

test("where input is not allowed the cell ends with an error that says so", async () => {
  const { reply } = await kernel().execute(`prompt("Anyone?")`, { allow_stdin: false });
  expect(reply.content).toMatchObject({ status: "error", ename: "StdinNotImplementedError" });
  expect(reply.content.evalue).toMatch(/does not let cells ask for input/);
});
