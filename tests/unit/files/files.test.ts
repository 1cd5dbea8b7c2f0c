// Files of tensors: what Python wrote is read with its values, what is written is read again, and damage is an error that says so.

import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as gb from "gradbook";
import { closeSession } from "gradbook/tensor/session";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const { data, nn, tensor } = gb;
const golden = (name: string): string => fileURLToPath(new URL(`./golden/${name}`, import.meta.url));
const expected = JSON.parse(await readFile(golden("expected.json"), "utf8"));

let scratch = "";
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), "gradbook-files-"));
});
afterAll(async () => {
  closeSession();
  await rm(scratch, { recursive: true, force: true });
});
const at = (name: string): string => join(scratch, name);

const numbers = (list: (number | string)[]): number[] =>
  list.map((v) => (v === "inf" ? Infinity : Number(v)));
const valuesOf = (x: gb.Tensor): number[] => Array.from(x.toTypedArray());
const dtypeOf = (type: string): string =>
  type === "BOOL" ? "bool" : /^B?F/.test(type) ? "float32" : "int32";

/** Tensors of every type, not contiguous, 0-d and empty. */
const examples = (): Record<string, gb.Tensor> => ({
  "0.weight": tensor.arange(6).reshape(2, 3).float().div(4).transpose(0, 1),
  n: tensor([[-(2 ** 31), 2 ** 31 - 1]], { dtype: "int32" }),
  b: tensor([true, false, true]),
  scalar: tensor(2.5),
  empty: tensor.zeros(0, 3),
  __proto: tensor([Number.NaN, -0, Infinity]),
  größe: tensor([1]),
});

function expectSame(found: Record<string, gb.Tensor>, wanted: Record<string, gb.Tensor>): void {
  expect(Object.keys(found).sort()).toEqual(Object.keys(wanted).sort());
  for (const [name, x] of Object.entries(wanted)) {
    expect([found[name]!.dtype, found[name]!.shape], name).toEqual([x.dtype, x.shape]);
    expect(valuesOf(found[name]!), name).toEqual(valuesOf(x));
  }
}

describe("safetensors", () => {
  test("every type that Python writes has its values", async () => {
    const state = await data.loadSafetensors(golden("types.safetensors"));
    for (const [type, values] of Object.entries<(number | string)[]>(expected.types)) {
      expect([state[type]!.dtype, state[type]!.shape], type).toEqual([dtypeOf(type), [2, 3]]);
      expect(valuesOf(state[type]!), type).toEqual(numbers(values));
    }
    expect(Object.keys(expected.types)).toHaveLength(13);
    expect(state.scalar!.item()).toBe(3.5);
    expect(state.empty!.shape).toEqual([2, 0, 3]);
    const { metadata } = await data.inspectSafetensors(golden("types.safetensors"));
    expect(metadata).toEqual({ made: "in Python", größe: "ß" });
  });

  test("a model trained in PyTorch gives the same outputs, and is saved with the same types and values", async () => {
    const model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.ReLU(), nn.Linear(4, 2));
    model.loadStateDict(await data.loadSafetensors(golden("model.safetensors")));
    const y = valuesOf(model.eval()(tensor(expected.model.x).reshape(2, 3)) as gb.Tensor);
    y.forEach((value, i) => {
      expect(Math.abs(value - expected.model.y[i])).toBeLessThan(1e-6);
    });
    await data.saveSafetensors(at("model"), model.stateDict());
    const typesOf = async (path: string): Promise<string[]> =>
      (await data.inspectSafetensors(path)).tensors.map(
        ({ name, type, shape }) => `${name} ${type} ${shape}`,
      );
    expect((await typesOf(at("model"))).sort()).toEqual((await typesOf(golden("model.safetensors"))).sort());
    const state = await data.loadSafetensors(at("model"));
    expectSame(state, await data.loadSafetensors(golden("model.safetensors")));
  });

  test("what is saved is loaded, with its metadata, and nothing else is left behind", async () => {
    await data.saveSafetensors(at("round"), examples(), { metadata: { epoch: "3" } });
    expectSame(await data.loadSafetensors(at("round")), examples());
    expect((await data.inspectSafetensors(at("round"))).metadata).toEqual({ epoch: "3" });
    expect((await readdir(scratch)).filter((name) => name.endsWith(".tmp"))).toEqual([]);
    expect((await readFile(at("round"))).readUInt32LE(0) % 8).toBe(0);
  });

  test("the values are those at the time of the call", async () => {
    const x = tensor([1, 2, 3]);
    const saving = data.saveSafetensors(at("moment"), { x });
    x.fill_(9);
    await saving;
    expect(valuesOf((await data.loadSafetensors(at("moment"))).x!)).toEqual([1, 2, 3]);
    expect(valuesOf(x)).toEqual([9, 9, 9]);
  });

  test("int64 can be asked for, and a failed write leaves the old file", async () => {
    const n = tensor([5, -6], { dtype: "int32" });
    await data.saveSafetensors(at("long"), { n }, { int64: ["n"] });
    expect((await data.inspectSafetensors(at("long"))).tensors[0]).toMatchObject({ type: "I64", shape: [2] });
    expect(valuesOf((await data.loadSafetensors(at("long"))).n!)).toEqual([5, -6]);
    await expect(data.saveSafetensors(at("long"), { n }, { int64: ["m"] })).rejects.toThrow(
      'int64 names "m"',
    );
    await expect(data.saveSafetensors(at("long"), { __metadata__: n })).rejects.toThrow("the format's own");
    await expect(data.saveSafetensors(at("long"), { n: 3 } as never)).rejects.toThrow("model.stateDict()");
    expect(valuesOf((await data.loadSafetensors(at("long"))).n!)).toEqual([5, -6]);
    await expect(data.saveSafetensors(at("long/er"), { n })).rejects.toThrow("not a directory, open");
    expect((await readdir(scratch)).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  });

  const entry = (changes: object): object => ({
    x: { dtype: "F32", shape: [2], data_offsets: [0, 8], ...changes },
  });
  const second = (begin: number): object => ({
    y: { dtype: "I8", shape: [2], data_offsets: [begin, begin + 2] },
  });
  test.each<[string, string | object, number, string]>([
    ["too little data", entry({}), 7, "cut short: the tensors need 8 bytes of data, found 7"],
    ["too much data", entry({}), 9, "1 bytes follow the last tensor"],
    ["a hole", { ...entry({}), ...second(9) }, 11, 'tensor "y" starts at byte 9 of the data, not at 8'],
    ["an overlap", { ...entry({}), ...second(7) }, 9, 'tensor "y" starts at byte 7 of the data, not at 8'],
    ["offsets that do not fit", entry({ shape: [3] }), 8, "needs 12 bytes, but data_offsets has 8"],
    ["negative offsets", entry({ data_offsets: [-8, 0] }), 0, 'tensor "x" starts at byte -8'],
    ["a negative extent", entry({ shape: [-2] }), 8, "not a whole number >= 0"],
    ["a huge shape", entry({ shape: [2 ** 40, 2 ** 40] }), 8, "too many elements"],
    ["an unknown type", entry({ dtype: "F8_E4M3" }), 8, 'the dtype "F8_E4M3"'],
    [
      "a repeated name",
      '{"x":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},"\\u0078":{}}',
      0,
      'name "x" twice',
    ],
    ["other metadata", { __metadata__: { epoch: 3 } }, 0, "must hold strings only"],
    ["no object", "[]", 0, "does not start with {"],
    ["no JSON", "{", 0, "the header is not JSON"],
    [
      "an int64 that does not fit",
      entry({ dtype: "I64", shape: [1] }),
      8,
      "element 0 is 506381209866536711 (I64)",
    ],
  ])("%s is an error", async (_, header, dataBytes, message) => {
    const text = Buffer.from(typeof header === "string" ? header : JSON.stringify(header));
    const prefix = Buffer.alloc(8);
    prefix.writeUInt32LE(text.length);
    await writeFile(at("bad"), Buffer.concat([prefix, text, Buffer.alloc(dataBytes, 7)]));
    const loading = data.loadSafetensors(at("bad"));
    await expect(loading).rejects.toThrow(message);
    await expect(loading).rejects.toBeInstanceOf(data.FileFormatError);
  });

  test("a header longer than the file, or than any, is an error", async () => {
    await writeFile(at("bad"), Buffer.alloc(12, 1));
    await expect(data.loadSafetensors(at("bad"))).rejects.toThrow("100000000 at most");
    await writeFile(at("bad"), Buffer.from([99, 0, 0, 0, 0, 0, 0, 0, 123]));
    await expect(data.loadSafetensors(at("bad"))).rejects.toThrow(
      "the header needs 107 bytes, the file has 9",
    );
  });
});

describe("npy and npz", () => {
  test.each(["stored", "deflated"])("NumPy's archive, %s, has its values", async (name) => {
    const arrays = await data.loadNpz(golden(`${name}.npz`));
    expect(Object.keys(arrays)).toEqual(Object.keys(expected.npz));
    for (const [key, { shape, data: values }] of Object.entries<{ shape: number[]; data: number[] }>(
      expected.npz,
    )) {
      expect(arrays[key]!.shape, key).toEqual(shape);
      expect(valuesOf(arrays[key]!), key).toEqual(numbers(values));
    }
    expect(["BOOL", "I64", "F64", "bigInt"].map((key) => arrays[key]!.dtype)).toEqual([
      "bool",
      "int32",
      "float32",
      "int32",
    ]);
  });

  test.each([1, 2, 3])("version %i, Fortran order, big-endian", async (version) => {
    const x = await data.loadNpy(golden(`version${version}.npy`));
    expect(x.shape).toEqual([2, 3, 2]);
    expect(valuesOf(x)).toEqual([0, 1, 4, 5, 8, 9, 12, 13, 16, 17, 20, 21]);
  });

  test.each([false, true])("what is saved is loaded (compressed: %s)", async (compressed) => {
    await data.saveNpz(at("round.npz"), examples(), { compressed });
    expectSame(await data.loadNpz(at("round.npz")), examples());
    for (const [name, x] of Object.entries(examples())) {
      await data.saveNpy(at("round.npy"), x);
      expectSame({ [name]: await data.loadNpy(at("round.npy")) }, { [name]: x });
    }
  });

  test("damage, ZIP64 and other contents are named", async () => {
    const archive = await readFile(golden("stored.npz"));
    const load = async (change: (bytes: Buffer) => unknown): Promise<unknown> => {
      const bytes = Buffer.from(archive);
      change(bytes);
      await writeFile(at("bad.npz"), bytes);
      return data.loadNpz(at("bad.npz"));
    };
    const end = archive.length - 22;
    const directory = archive.readUInt32LE(end + 16);
    await expect(load((b) => b.writeUInt32LE(0xffffffff, end + 16))).rejects.toThrow("ZIP64");
    await expect(load((b) => b.writeUInt8(b[directory - 1]! ^ 1, directory - 1))).rejects.toThrow("checksum");
    await expect(load((b) => b.writeUInt16LE(12, directory + 10))).rejects.toThrow("packed by method 12");
    await expect(load((b) => b.writeUInt8(1, directory + 8))).rejects.toThrow("encrypted");
    await writeFile(at("bad.npz"), archive.subarray(0, -5));
    await expect(data.loadNpz(at("bad.npz"))).rejects.toThrow("its directory is missing");
    await expect(data.loadNpy(golden("stored.npz"))).rejects.toThrow("does not start as an .npy file");
    const npy = await readFile(golden("version1.npy"));
    await writeFile(at("bad.npy"), Buffer.from(npy.toString("latin1").replace("'>f4'", "'<c8'"), "latin1"));
    await expect(data.loadNpy(at("bad.npy"))).rejects.toThrow('the dtype "<c8" cannot be read');
    await writeFile(at("bad.npy"), npy.subarray(0, -1));
    await expect(data.loadNpy(at("bad.npy"))).rejects.toThrow("needs 48 bytes of data, found 47");
  });
});

test("1,000 damaged files are read or refused, never anything else", async () => {
  let state = 20261123;
  const random = (limit: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
  const sources = [
    { name: "types.safetensors", load: data.loadSafetensors },
    { name: "model.safetensors", load: data.loadSafetensors },
    { name: "stored.npz", load: data.loadNpz },
    { name: "deflated.npz", load: data.loadNpz },
    { name: "version3.npy", load: data.loadNpy },
  ];
  const originals = await Promise.all(sources.map(({ name }) => readFile(golden(name))));
  let refused = 0;
  for (let i = 0; i < 1000; i++) {
    const which = i % sources.length;
    let bytes = Buffer.from(originals[which]!);
    for (let changes = 1 + random(3); changes > 0; changes--) {
      // half of the damage goes where the structure is: the first 200 bytes, or the last
      const span = Math.min(bytes.length, random(2) === 0 ? 200 : bytes.length);
      const place = random(2) === 0 ? random(span) : bytes.length - 1 - random(span);
      const kind = random(4);
      if (bytes.length < 2) break;
      if (kind === 0) bytes[place]! ^= 1 << random(8);
      else if (kind === 1) bytes[place] = [0, 0x7f, 0xff, 0x30, 0x39, 0x22][random(6)]!;
      else if (kind === 2) bytes = bytes.subarray(0, place);
      else bytes = Buffer.concat([bytes.subarray(0, place), bytes.subarray(random(bytes.length))]);
    }
    await writeFile(at("damaged"), bytes);
    try {
      await sources[which]!.load(at("damaged"));
    } catch (error) {
      refused++;
      if (!(error instanceof data.FileFormatError)) throw error;
      expect(error.message).toContain(at("damaged"));
    }
  }
  expect(refused).toBeGreaterThan(500);
});
