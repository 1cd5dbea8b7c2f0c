// Measured rates: of contenders in turns, so that a busy machine misleads nobody; on disk, for the next process, and no more than a
// help. Time is what the contenders say that they have taken.

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Contender, Rates } from "gradbook/compute/wasm/rates";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "rates-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A clock, and contenders that take so many milliseconds for a million operations, at a given time. */
class Machine {
  now = 0;
  runs = 0;

  contender(name: string, takes: (now: number) => number): Contender {
    const run = (): void => {
      this.runs++;
      this.now += takes(this.now);
    };
    return { name, operations: 1e6, run };
  }

  rates(): Rates {
    return new Rates(folder, () => this.now);
  }
}

/** Takes 0.1 ms: 10 GFLOP/s. */
const steady = (machine: Machine): Contender => machine.contender("6 x 16", () => 0.1);
const files = (): string[] => readdirSync(folder);

describe("measured rates", () => {
  it("are those of the fastest runs, in billions of operations a second", () => {
    const machine = new Machine();
    const other = machine.contender("6 x 8", (now) => (now < 1.5 ? 0.5 : 0.2));
    const [one, slower] = machine.rates().compare([steady(machine), other]);
    expect(one).toBeCloseTo(10, 9);
    expect(slower).toBeCloseTo(5, 9);
  });

  it("are measured once, and known to the next process", () => {
    const machine = new Machine();
    const rates = machine.rates();
    const found = rates.compare([steady(machine)]);
    const { runs } = machine;
    expect(runs).toBeGreaterThan(0);
    expect(rates.compare([steady(machine)])).toEqual(found);
    expect(machine.rates().compare([steady(machine)])).toEqual(found);
    expect(machine.runs).toBe(runs);
  });

  it("are those of one comparison: who has been measured at another time is measured again", () => {
    const machine = new Machine();
    machine.rates().compare([steady(machine)]);
    const half = machine.contender("6 x 16", () => 0.2);
    const [together] = machine.rates().compare([half, machine.contender("BLAS", () => 0.1)]);
    expect(together).toBeCloseTo(5, 9);
  });

  it("of contenders that somebody else slows down for longer than a turn keep their proportion, and are kept", () => {
    const machine = new Machine();
    const busy = (now: number): number => (now < 100 ? 3 : 1);
    const [one, other] = machine
      .rates()
      .compare([
        machine.contender("ours", (now) => 0.1 * busy(now)),
        machine.contender("BLAS", (now) => 0.05 * busy(now)),
      ]);
    expect(other! / one!).toBeCloseTo(2, 9);
    expect(files()).toHaveLength(1);
  });

  it("are not kept on disk where only few rounds were left alone, and their best is used", () => {
    const machine = new Machine();
    const rates = machine.rates();
    const disturbed = machine.contender("6 x 16", (now) => (now < 3.5 ? 0.2 : 0.1));
    const [rate] = rates.compare([disturbed]);
    expect(rate).toBeCloseTo(10, 9);
    expect(rates.compare([disturbed])).toEqual([rate]);
    expect(files()).toEqual([]);
  });

  it("of processes that write at once are all kept", () => {
    const machine = new Machine();
    const [one, other] = [machine.rates(), machine.rates()];
    const second = machine.contender("6 x 8", () => 0.2);
    one.compare([steady(machine)]);
    other.compare([second]);
    const { runs } = machine;
    const next = machine.rates();
    for (const contender of [steady(machine), second]) next.compare([contender]);
    expect(machine.runs).toBe(runs);
    expect(files()).toHaveLength(1);
  });

  it("are those of one processor and one V8", () => {
    const machine = new Machine();
    machine.rates().compare([steady(machine)]);
    const { processor, v8 } = JSON.parse(readFileSync(join(folder, files()[0]!), "utf8"));
    expect([typeof processor, v8]).toEqual(["string", process.versions.v8]);
  });

  it.each([
    "",
    "{}",
    "[]",
    '{"rates":null}',
    '{"rates":{"6 x 16":"fast"}}',
    '{"rates":{"6 x 16":[-1]}}',
    '{"rates":{"6 x 16":[10,10]}}',
  ])("are measured again where the file holds %j", (text) => {
    const machine = new Machine();
    machine.rates().compare([steady(machine)]);
    writeFileSync(join(folder, files()[0]!), text);
    const { runs } = machine;
    machine.rates().compare([steady(machine)]);
    expect(machine.runs).toBeGreaterThan(runs);
    const again = machine.runs;
    machine.rates().compare([steady(machine)]);
    expect(machine.runs).toBe(again);
  });

  it("do without a folder", () => {
    const inFile = join(folder, "file");
    writeFileSync(inFile, "");
    const machine = new Machine();
    const rates = new Rates(join(inFile, "below"), () => machine.now);
    expect(rates.compare([steady(machine)])[0]).toBeCloseTo(10, 9);
  });
});
