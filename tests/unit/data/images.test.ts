// MNIST and CIFAR-10: their formats, what is refused, and the stand-ins for machines that cannot have them.

import { mkdtemp, open, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { CIFAR10_CLASSES, cifar10, loadCIFAR10 } from "gradbook/data/images/cifar10";
import { PACKED_NAMES } from "gradbook/data/images/idx-source";
import { loadMNIST, mnist } from "gradbook/data/images/mnist";
import type { RawImages } from "gradbook/data/images/source";
import { untar } from "gradbook/data/images/tar";
import { closeSession } from "gradbook/tensor/session";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { withServer } from "./server.js";

let scratch = "";
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), "gradbook-images-"));
});
afterAll(async () => {
  closeSession();
  await rm(scratch, { recursive: true, force: true });
});

const cache = { sources: ["cache"], sample: false } as const;

describe("CIFAR-10's binary format", () => {
  const RECORD = 3073;
  const files = [...[1, 2, 3, 4, 5].map((i) => `data_batch_${i}.bin`), "test_batch.bin"];

  /** A file of 10,000 records, of which only the last is not 0: a label, and colours in planes. */
  async function write(name: string, label: number): Promise<void> {
    const path = join(scratch, name);
    await writeFile(path, "");
    await truncate(path, 10_000 * RECORD);
    const file = await open(path, "r+");
    const record = Buffer.alloc(RECORD);
    record[0] = label;
    record.fill(51, 1, 1025);
    record.fill(255, 2049);
    await file.write(record, 0, RECORD, 9_999 * RECORD);
    await file.close();
  }

  test("labels and red, green and blue planes are read, files in their order", async () => {
    for (const [i, name] of files.entries()) await write(name, i + 1);
    const { train, test: held, source } = await loadCIFAR10({ root: scratch, ...cache });
    expect([source, train.count, held.count]).toEqual(["cache", 50_000, 10_000]);
    const last = [1, 2, 3, 4, 5].map((file) => file * 10_000 - 1);
    expect([0, ...last].map((i) => train.labels[i])).toEqual([0, 1, 2, 3, 4, 5]);
    const image = train.images.subarray(49_999 * 3072);
    const planes = [0, 1, 2].map((channel) => new Set(image.subarray(channel * 1024, (channel + 1) * 1024)));
    expect(planes).toEqual([new Set([51]), new Set([0]), new Set([255])]);
    expect(held.labels.at(-1)).toBe(6);
    expect(CIFAR10_CLASSES[6]).toBe("frog");
  });

  test("a wrong length or label is told, and nothing is taken for the archive that is not", async () => {
    await write(files[2]!, 10);
    await expect(loadCIFAR10({ root: scratch, ...cache })).rejects.toThrow(
      /data_batch_3.bin is damaged or another file: image 9999 has the label 10, above 9/,
    );
    await truncate(join(scratch, files[2]!), 5);
    await expect(loadCIFAR10({ root: scratch, ...cache })).rejects.toThrow(
      "it has 5 bytes, should have 30730000",
    );
    const root = await mkdtemp(join(scratch, "download-"));
    await withServer(
      () => gzipSync(Buffer.from("not this")),
      (url) =>
        expect(
          loadCIFAR10({ root, sample: false, sources: ["download"], mirrors: [url], report: () => {} }),
        ).rejects.toThrow("cifar-10-binary.tar.gz is damaged or another file: SHA-256 is"),
    );
    expect(await readdir(root)).toEqual([]);
  });

  test("the archive's format is tar's", async () => {
    const bytes = gunzipSync(await readFile(new URL("./golden/files.tar.gz", import.meta.url)));
    const members = untar(bytes, "files.tar");
    const sizes = [...members].map(([name, content]) => [name, content.length]);
    expect(sizes.sort()).toEqual([
      ["d/a.bin", 5],
      ["d/b.bin", 1000],
      ["d/empty.bin", 0],
    ]);
    expect(Buffer.from(members.get("d/a.bin")!).toString()).toBe("hello");
    expect(() => untar(bytes.subarray(0, 1100), "files.tar")).toThrow("files.tar is damaged");
  });
});

test("MNIST's files are taken for what they are only with the right checksums", async () => {
  const root = await mkdtemp(join(scratch, "mnist-"));
  await expect(loadMNIST({ root, ...cache })).rejects.toThrow(/MNIST was not found.*no train-/s);
  for (const name of PACKED_NAMES) await writeFile(join(root, name), gzipSync(Buffer.from("not these")));
  await expect(loadMNIST({ root, ...cache })).rejects.toThrow("is damaged or another file: SHA-256 is");
});

describe("stand-ins", () => {
  test.each([
    ["MNIST (stand-in)", mnist, [1, 28, 28]],
    ["CIFAR-10 (stand-in)", cifar10, [3, 32, 32]],
  ] as const)("%s says what it is, and has standardised channels", async (name, load, shape) => {
    const set = await load({ sample: true, standardize: true });
    expect([set.name, set.source, set.train.length, set.test.length]).toEqual([name, "sample", 2000, 500]);
    const [X] = set.train.tensors;
    expect(X.shape).toEqual([2000, ...shape]);
    for (const value of X.mean([0, 2, 3]).toArray() as number[]) expect(Math.abs(value)).toBeLessThan(1e-4);
    for (const value of X.square().mean([0, 2, 3]).toArray() as number[]) {
      expect(Math.abs(value - 1)).toBeLessThan(1e-4);
    }
  });

  /** Share of test images nearest to the mean image of their own class. */
  function nearestMean({ train, test: held }: { train: RawImages; test: RawImages }): number {
    const pixels = train.images.length / train.count;
    const means = Array.from({ length: 10 }, () => new Float64Array(pixels));
    train.labels.forEach((label, i) => {
      for (let p = 0; p < pixels; p++)
        means[label]![p]! += (10 * train.images[i * pixels + p]!) / train.count;
    });
    const distance = (i: number, mean: Float64Array): number =>
      mean.reduce((sum, value, p) => sum + (value - held.images[i * pixels + p]!) ** 2, 0);
    const right = Array.from(held.labels.subarray(0, 200)).filter((label, i) => {
      const all = means.map((mean) => distance(i, mean));
      return all.indexOf(Math.min(...all)) === label;
    });
    return right.length / 200;
  }

  test.each([
    ["MNIST", loadMNIST],
    ["CIFAR-10", loadCIFAR10],
  ] as const)(
    "%s: the same every time, its classes alike in number, learnable and not trivial",
    async (_, load) => {
      const [set, again] = await Promise.all([load({ sample: true }), load({ sample: true })]);
      expect(Buffer.compare(set.test.images, again.test.images)).toBe(0);
      expect(
        Buffer.compare(set.train.images.subarray(0, 500_000), set.test.images.subarray(0, 500_000)),
      ).not.toBe(0);
      const sizes = Array.from(
        { length: 10 },
        (_, c) => set.train.labels.filter((label) => label === c).length,
      );
      expect(sizes).toEqual(Array(10).fill(200));
      const share = nearestMean(set);
      expect(share).toBeGreaterThan(0.2);
      expect(share).toBeLessThan(0.9);
    },
  );
});
