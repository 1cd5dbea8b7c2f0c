// Measured rates on disk: kept for the next process, and no more than a help.

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Rates } from "gradbook/compute/wasm/rates";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "rates-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const never = (): number => {
  throw new Error("measured again");
};
const file = (): string => join(folder, readdirSync(folder)[0]!);

describe("measured rates", () => {
  it("are measured once, and known to the next process", () => {
    const rates = new Rates(folder);
    expect(rates.of("6 x 16", () => 90)).toBe(90);
    expect(rates.of("6 x 16", never)).toBe(90);
    expect(new Rates(folder).of("6 x 16", never)).toBe(90);
  });

  it("of processes that write at once are all kept", () => {
    const [one, other] = [new Rates(folder), new Rates(folder)];
    one.of("6 x 16", () => 90);
    other.of("6 x 8", () => 50);
    const next = new Rates(folder);
    expect([next.of("6 x 16", never), next.of("6 x 8", never)]).toEqual([90, 50]);
    expect(readdirSync(folder)).toHaveLength(1);
  });

  it("are kept only if two measurements agree, and are the better of the two", () => {
    const found = [60, 90];
    const rates = new Rates(folder);
    expect(rates.of("6 x 16", () => found.shift() ?? 0)).toBe(90);
    expect(rates.of("6 x 16", never)).toBe(90);
    expect(readdirSync(folder)).toEqual([]);
  });

  it("are those of one processor and one V8", () => {
    new Rates(folder).of("6 x 16", () => 90);
    const { processor, v8 } = JSON.parse(readFileSync(file(), "utf8"));
    expect([typeof processor, v8]).toEqual(["string", process.versions.v8]);
  });

  it.each(["", "{}", "[]", '{"rates":null}', '{"rates":{"6 x 16":"fast"}}', '{"rates":{"6 x 16":-1}}'])(
    "are measured again where the file holds %j",
    (text) => {
      new Rates(folder).of("6 x 16", () => 90);
      writeFileSync(file(), text);
      expect(new Rates(folder).of("6 x 16", () => 91)).toBe(91);
      expect(new Rates(folder).of("6 x 16", never)).toBe(91);
    },
  );

  it("do without a folder", () => {
    const inFile = join(folder, "file");
    writeFileSync(inFile, "");
    expect(new Rates(join(inFile, "below")).of("6 x 16", () => 90)).toBe(90);
  });
});
