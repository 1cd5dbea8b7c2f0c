// Makes fashion-mnist-sample.idx.gz from the real data: as many images of each class, in an order drawn with a fixed seed.
// Run from the project's folder, after a build, with the project's Node: prints the checksum for images/fashion-mnist.ts.

import { createHash } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import { FASHION_MNIST_CLASSES, loadFashionMNIST, SAMPLE } from "../../dist/data/images/fashion-mnist.js";
import { SIDE } from "../../dist/data/images/idx-source.js";
import { Generator } from "../../dist/tensor/random/generator.js";

const SEED = 42;
const PIXELS = SIDE * SIDE;

function idx(shape, data) {
  const header = new DataView(new ArrayBuffer(4 + 4 * shape.length));
  header.setUint32(0, 0x0800 + shape.length);
  for (const [i, length] of shape.entries()) header.setUint32(4 + 4 * i, length);
  return [Buffer.from(header.buffer), data];
}

function sample({ images, labels, count }, size) {
  const wanted = size / FASHION_MNIST_CLASSES.length;
  const taken = new Array(FASHION_MNIST_CLASSES.length).fill(0);
  const chosen = [];
  for (const i of new Generator(SEED).randperm(count)) if (taken[labels[i]]++ < wanted) chosen.push(i);
  return [
    ...idx(
      [size, SIDE, SIDE],
      Buffer.concat(chosen.map((i) => images.subarray(i * PIXELS, (i + 1) * PIXELS))),
    ),
    ...idx(
      [size],
      Uint8Array.from(chosen, (i) => labels[i]),
    ),
  ];
}

const { train, test } = await loadFashionMNIST({ sample: false });
const bytes = Buffer.concat([...sample(train, SAMPLE.trainCount), ...sample(test, SAMPLE.testCount)]);
const packed = gzipSync(bytes, { level: 9 });
await writeFile(new URL(SAMPLE.asset, import.meta.url), packed);
console.log(`${packed.length} bytes, SHA-256 unpacked ${createHash("sha256").update(bytes).digest("hex")}`);
