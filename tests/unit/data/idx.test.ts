// The IDX parser: the published layout by hand, and an error that names the file for each way it can be wrong.

import { parseIdx, parseIdxFile } from "gradbook/data/images/idx";
import { expect, test } from "vitest";

const matrix = Uint8Array.of(0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6);

test("reads type, shape and row-major values", () => {
  expect(parseIdxFile(matrix, "m")).toEqual({ shape: [2, 3], data: Uint8Array.of(1, 2, 3, 4, 5, 6) });
});

test("reads arrays that follow each other", () => {
  const first = parseIdx(Uint8Array.of(...matrix, 0, 0, 8, 1, 0, 0, 0, 1, 9), "two");
  expect(first.array.shape).toEqual([2, 3]);
  expect(parseIdxFile(first.rest, "two")).toEqual({ shape: [1], data: Uint8Array.of(9) });
});

test.each([
  [
    "something else",
    Uint8Array.of(0x89, 0x50, 0x4e, 0x47),
    "f is not an IDX file: it starts with 89 50 4e 47",
  ],
  ["nothing", new Uint8Array(0), "f is not an IDX file: it starts with nothing"],
  ["floats", Uint8Array.of(0, 0, 13, 1, 0, 0, 0, 0), "f holds values of float32"],
  ["an unknown type", Uint8Array.of(0, 0, 7, 1, 0, 0, 0, 0), "unknown type 0x7"],
  ["half a header", matrix.subarray(0, 9), "f ends inside its header: 9 bytes of 12"],
  ["too few values", matrix.subarray(0, 17), "f is cut short: shape [2, 3] needs 6 bytes of data, found 5"],
  ["too many values", Uint8Array.of(...matrix, 7), "f has 1 bytes more than its shape [2, 3] needs"],
])("refuses %s", (_, bytes, message) => {
  expect(() => parseIdxFile(bytes, "f")).toThrow(message);
});
