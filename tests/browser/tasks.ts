// How long the page's main thread is kept busy.

import type { Page } from "playwright-core";
import { expect } from "vitest";

interface TraceEvent {
  readonly name: string;
  readonly ph: string;
  readonly pid: number;
  readonly tid: number;
  /** Of the processor, in microseconds. */
  readonly tdur?: number;
  readonly args: { readonly name?: string };
}

/** Longest task of the page's main thread while something is done: milliseconds of the processor, since other programs may
 *  keep the page waiting. */
export async function longestTask(page: Page, act: () => Promise<void>): Promise<number> {
  const browser = page.context().browser()!;
  await browser.startTracing(page, { categories: ["toplevel", "__metadata"] });
  await act();
  await page.waitForTimeout(300);
  const { traceEvents } = JSON.parse((await browser.stopTracing()).toString()) as {
    traceEvents: TraceEvent[];
  };
  const thread = ({ pid, tid }: TraceEvent): string => `${pid} ${tid}`;
  const mains = new Set(
    traceEvents
      .filter(({ name, args }) => name === "thread_name" && args.name === "CrRendererMain")
      .map(thread),
  );
  const tasks = traceEvents.filter(
    (event) => event.ph === "X" && event.name.endsWith("RunTask") && mains.has(thread(event)),
  );
  expect(tasks.length).toBeGreaterThan(100);
  // short tasks may come without their time
  const longest = Math.max(...tasks.map(({ tdur }) => tdur ?? 0));
  expect(longest).toBeGreaterThan(0);
  return longest / 1000;
}
