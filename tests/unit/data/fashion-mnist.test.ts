// Fashion-MNIST: the shipped sample, the real set where it can be had, and every way of not finding it.

import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { downloadFiles } from "gradbook/data/download";
import { DEBIAN_FOLDER, FASHION_MNIST_CLASSES, loadFashionMNIST } from "gradbook/data/images/fashion-mnist";
import { PACKED_NAMES } from "gradbook/data/images/idx-source";
import { dataFolder } from "gradbook/data/places";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { withServer } from "./server.js";

let scratch = "";
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), "gradbook-data-"));
});
afterAll(() => rm(scratch, { recursive: true, force: true }));

const folder = async (name: string): Promise<string> => {
  await mkdir(join(scratch, name));
  return join(scratch, name);
};
const silent = (): void => {};

describe("the shipped sample", () => {
  test("has as many images of each class, all different, and says what it is", async () => {
    const { train, test: held, source } = await loadFashionMNIST({ sample: true });
    expect(source).toBe("sample");
    const seen = new Set<string>();
    for (const [set, count] of [
      [train, 2000],
      [held, 500],
    ] as const) {
      expect([set.count, set.images.length, set.labels.length]).toEqual([count, count * 784, count]);
      const perClass = new Array(10).fill(0);
      for (const label of set.labels) perClass[label]++;
      expect(perClass).toEqual(new Array(10).fill(count / 10));
      for (let i = 0; i < count; i++)
        seen.add(Buffer.from(set.images.subarray(i * 784, (i + 1) * 784)).toString("latin1"));
    }
    expect(seen.size).toBe(2500);
  });

  test("is the last resort, and the reasons are reported", async () => {
    const messages: string[] = [];
    const root = await folder("nothing");
    const { source } = await loadFashionMNIST({
      root,
      sources: ["cache", "sample"],
      report: (message) => messages.push(message),
    });
    expect(source).toBe("sample");
    expect(messages.join("\n")).toContain("this is the shipped sample instead");
    // Images and labels are looked for at the same time: either may be missed first.
    expect(messages.join("\n")).toMatch(/no train-(images|labels)-idx[13]-ubyte\.gz in /);
    expect(messages.join("\n")).toContain(root);
  });
});

test("there are ten classes", () => {
  expect(FASHION_MNIST_CLASSES).toHaveLength(10);
  expect(FASHION_MNIST_CLASSES[9]).toBe("Ankle boot");
});

describe("a missing or damaged set", () => {
  test("gives an error that names every place and the remedy", async () => {
    const root = await folder("missing");
    const refused = await withServer(
      () => undefined,
      (url) =>
        loadFashionMNIST({
          root,
          sample: false,
          sources: ["cache", "download", "sample"],
          mirrors: [url],
          report: silent,
        }).catch((error: Error) => error.message),
    );
    expect(refused).toMatch(/Fashion-MNIST was not found. Tried:\n- cache: no .* in .*missing/);
    expect(refused).toMatch(/- download: http:\/\/127.0.0.1:\d+\/train-labels-idx1-ubyte.gz: status 404/);
    expect(refused).toContain("pass { root }");
    expect(await readdir(root)).toEqual([]);
  });

  test("is never taken for the real one", async () => {
    const root = await folder("damaged");
    for (const name of PACKED_NAMES) await writeFile(join(root, name), gzipSync(Buffer.from("not these")));
    await expect(loadFashionMNIST({ root, sample: false, sources: ["cache"] })).rejects.toThrow(
      /is damaged or another file: SHA-256 is [0-9a-f]{64}, should be [0-9a-f]{64}/,
    );
    const forged = await folder("forged");
    await withServer(
      () => gzipSync(Buffer.from("nor these")),
      (url) =>
        expect(
          loadFashionMNIST({
            root: forged,
            sample: false,
            sources: ["download"],
            mirrors: [url],
            report: silent,
          }),
        ).rejects.toThrow("is damaged or another file"),
    );
    expect(await readdir(forged)).toEqual([]);
  });

  test("a mirror that hangs is given up", async () => {
    const to = await folder("hanging");
    await withServer(
      () => "hang",
      (url) => expect(downloadFiles(url, ["f"], to, 50)).rejects.toThrow("/f: no answer for 0.05 s"),
    );
  });
});

describe("the real set", () => {
  let missing: string | undefined;
  beforeAll(async () => {
    await loadFashionMNIST({ sample: false }).catch((error: Error) => {
      missing = error.message;
    });
  }, 300_000);

  test("has 60,000 and 10,000 images, as many of each class", async ({ skip }) => {
    if (missing) return skip(missing);
    const { train, test: held, source } = await loadFashionMNIST();
    expect(["cache", "debian"]).toContain(source);
    for (const [set, count] of [
      [train, 60_000],
      [held, 10_000],
    ] as const) {
      const perClass = new Array(10).fill(0);
      for (const label of set.labels) perClass[label]++;
      expect(perClass).toEqual(new Array(10).fill(count / 10));
      expect(set.images.length).toBe(count * 784);
    }
    expect(train.labels[0]).toBe(9); // the first image is an ankle boot, as in every tutorial
    const sum = train.images.reduce((total, value) => total + value, 0);
    expect(sum / train.images.length / 255).toBeCloseTo(0.286, 4); // the published mean of the training images
  });

  test("two loads at once leave one whole cache and nothing else", async ({ skip }) => {
    const cache = join(dataFolder(), "fashion-mnist");
    const files = await Promise.all(PACKED_NAMES.map((name) => readFile(join(cache, name)))).catch(
      () => undefined,
    );
    if (missing || !files)
      return skip(missing ?? `the set is installed in ${DEBIAN_FOLDER}; nothing is cached`);
    const root = await folder("together");
    const load = (url: string) =>
      loadFashionMNIST({ root, sample: false, sources: ["download"], mirrors: [url], report: silent });
    const loaded = await withServer(
      (name) => files[PACKED_NAMES.indexOf(name)],
      (url) => Promise.all([load(url), load(url)]),
    );
    expect(loaded.map(({ train }) => train.count)).toEqual([60_000, 60_000]);
    expect((await readdir(root)).sort()).toEqual([...PACKED_NAMES].sort());
    expect((await loadFashionMNIST({ root, sources: ["cache"] })).source).toBe("cache");
  });
});
