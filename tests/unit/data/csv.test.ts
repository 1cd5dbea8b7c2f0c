// CSV files: quoting as in RFC 4180, numbers, classes, and what is told of files that are none.

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as gb from "gradbook";
import { closeSession } from "gradbook/tensor/session";
import { afterAll, beforeAll, expect, test } from "vitest";

const { data } = gb;
let path = "";
beforeAll(async () => {
  path = join(await mkdtemp(join(tmpdir(), "gradbook-csv-")), "table.csv");
});
afterAll(async () => {
  closeSession();
  await rm(join(path, ".."), { recursive: true });
});
const read = async (text: string, options?: gb.data.CsvOptions): Promise<gb.data.CsvTable> => {
  await writeFile(path, text);
  return data.readCsv(path, options);
};

test("quotes, line ends, a byte order mark and empty lines", async () => {
  const { columns, rows } = await read('\uFEFFa,"b ""x""",c\r\n1,"two, and\nthree",\r\n\n"",5" long,6');
  expect(columns).toEqual(["a", 'b "x"', "c"]);
  expect(rows).toEqual([
    ["1", "two, and\nthree", ""],
    ["", '5" long', "6"],
  ]);
});

test("columns become tensors", async () => {
  const table = await read("rooms;age;place\n 3; 1e1;inland\n4.5;;near bay\n-2;nan;inland\n", {
    delimiter: ";",
  });
  expect(table.length).toBe(3);
  expect(table.numbers(["age", "rooms"]).toArray()).toEqual([
    [10, 3],
    [Number.NaN, 4.5],
    [Number.NaN, -2],
  ]);
  const { labels, names } = table.classes("place");
  expect([labels.dtype, labels.toArray(), names]).toEqual(["int32", [0, 1, 0], ["inland", "near bay"]]);
  expect((await read("1,2\n3,4", { header: false })).numbers().toArray()).toEqual([
    [1, 2],
    [3, 4],
  ]);
});

test("what is wrong is told with its place", async () => {
  const table = await read("a,b\n1,x\n");
  expect(() => table.numbers()).toThrow('row 1 of column "b" is "x", which is no number');
  expect(() => table.numbers(["c"])).toThrow('has no column "c"; there are a, b');
  await expect(read("a,b\n1\n")).rejects.toThrow("row 1 has 1 fields, there are 2 columns");
  await expect(read('a,b\n"1,2\n')).rejects.toThrow("a quoted field has no end");
  await expect(read("")).rejects.toBeInstanceOf(data.FileFormatError);
});
