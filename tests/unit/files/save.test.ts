// gb.save and gb.load: whole states there and back, and files of torch.save, with which a run in PyTorch is gone on with.

import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as gb from "gradbook";
import { closeSession } from "gradbook/tensor/session";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { valuesOf } from "../library/support.js";

const { nn, optim, tensor, data, manualSeed } = gb;
const golden = (name: string): string => fileURLToPath(new URL(`./golden/${name}`, import.meta.url));

let scratch = "";
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), "gradbook-save-"));
});
afterAll(async () => {
  closeSession();
  await rm(scratch, { recursive: true, force: true });
});

/** Tensors as their type, shape and values, so that whole states can be compared. */
function readable(value: unknown): unknown {
  if (value instanceof gb.Tensor)
    return { dtype: value.dtype, shape: [...value.shape], values: valuesOf(value) };
  if (Array.isArray(value)) return value.map(readable);
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, readable(item)]));
}

describe("save and load", () => {
  test("everything comes back as it was", async () => {
    const shared = tensor([
      [1.5, -0],
      [Number.NaN, 2],
    ]);
    const state = {
      tensors: [shared, { deep: tensor([1, 2], { dtype: "int32" }) }, tensor(true)],
      again: shared,
      numbers: [0, -0, 0.1, 1e300, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
      big: 2n ** 64n - 1n,
      words: Uint32Array.of(0, 2 ** 32 - 1),
      doubles: Float64Array.of(Math.PI),
      text: "größe",
      nothing: null,
      empty: [[], {}],
      $tensor: "a key like the file's own",
      nested: { $entries: [1] },
    };
    const path = join(scratch, "state");
    await gb.save(state, path);
    const found = await gb.load<typeof state>(path);
    expect(readable(found)).toEqual(readable(state));
    // a tensor that is in two places is stored once
    expect(found.again).toBe(found.tensors[0]);
    expect((await data.inspectSafetensors(path)).tensors.map(({ name }) => name).sort()).toEqual([
      "tensors.0",
      "tensors.1.deep",
      "tensors.2",
    ]);
  });

  test("a state dict is a plain safetensors file", async () => {
    const path = join(scratch, "linear");
    const state = nn.Linear(3, 2).stateDict();
    await gb.save(state, path);
    expect((await data.inspectSafetensors(path)).metadata).toEqual({});
    expect(readable(await gb.load(path))).toEqual(readable(state));
    expect(readable(await data.loadSafetensors(path))).toEqual(readable(state));
  });

  test("a generator goes on where it was", async () => {
    const path = join(scratch, "generator");
    const generator = manualSeed(7);
    tensor.randn(5);
    await gb.save({ generator: generator.getState() }, path);
    const next = valuesOf(tensor.randn(20));
    manualSeed(1);
    generator.setState((await gb.load<{ generator: ReturnType<typeof generator.getState> }>(path)).generator);
    expect(valuesOf(tensor.randn(20))).toEqual(next);
  });

  test("what cannot be kept is named with its place and the remedy", async () => {
    const model = nn.Linear(1, 1);
    await expect(gb.save({ run: { model } }, join(scratch, "x"))).rejects.toThrow(
      "run.model is of the kind Linear, which cannot be kept in a file; of a model, an optimizer or a schedule save its stateDict()",
    );
    await expect(gb.save(() => 1, join(scratch, "x"))).rejects.toThrow("the value is of the kind Function");
    await expect(gb.load(join(scratch, "none"))).rejects.toMatchObject({ code: "ENOENT" });
  });

  test.each([
    '{"$tensor":"missing"}',
    "{",
    '{"$bigint":"x"}',
    '{"$array":"Array","bytes":""}',
    '{"$entries":[1]}',
  ])("a damaged structure is refused: %s", async (gradbook) => {
    await data.saveSafetensors(join(scratch, "bad"), { a: tensor(1) }, { metadata: { gradbook } });
    await expect(gb.load(join(scratch, "bad"))).rejects.toBeInstanceOf(data.FileFormatError);
  });
});

describe("files of torch.save", () => {
  test("a run in PyTorch goes on here, with its losses", async () => {
    const expected = JSON.parse(await readFile(golden("checkpoint.json"), "utf8"));
    const saved = await gb.load<{
      model: Record<string, gb.Tensor>;
      optimizer: gb.optim.OptimizerState;
      scheduler: gb.optim.lrScheduler.SchedulerState;
      epoch: number;
    }>(golden("checkpoint.pt"));
    const model = nn.Sequential(
      nn.Conv2d(1, 3, 3, { padding: 1, bias: false }),
      nn.BatchNorm2d(3),
      nn.ReLU(),
      nn.Flatten(),
      nn.Linear(48, 4),
    );
    const optimizer = new optim.NAdam(model.parameters());
    const scheduler = new optim.lrScheduler.CosineAnnealingLR(optimizer, 1);
    expect(saved.epoch).toBe(3);
    model.loadStateDict(saved.model);
    optimizer.loadStateDict(saved.optimizer);
    scheduler.loadStateDict(saved.scheduler);
    const x = tensor(expected.x).reshape(8, 1, 4, 4);
    const y = tensor(expected.y, { dtype: "int32" });
    const lossFn = nn.CrossEntropyLoss();
    for (const wanted of expected.losses) {
      const loss = lossFn(model(x), y);
      expect(Math.abs(loss.item() / wanted - 1)).toBeLessThan(1e-5);
      optimizer.zeroGrad();
      loss.backward();
      optimizer.step();
      scheduler.step();
    }
    expect(Math.abs(optimizer.paramGroups[0]!.lr / expected.lr - 1)).toBeLessThan(1e-12);
    valuesOf(model.eval()(x) as gb.Tensor).forEach((value, i) => {
      expect(Math.abs(value - expected.logits[i])).toBeLessThan(1e-5);
    });
  });

  test("tensors of every type, views, and containers have their values", async () => {
    const found = await gb.load<Record<string, unknown>>(golden("containers.pt"));
    const numbers = Array.from({ length: 12 }, (_, i) => i);
    expect(readable(found)).toEqual(
      readable({
        view: tensor([
          [1, 9],
          [2, 10],
          [3, 11],
        ]),
        same: tensor(numbers),
        half: tensor([0.5, -2]),
        bfloat: tensor([0.5, -2]),
        double: tensor(2.5),
        long: tensor([[1, -2]], { dtype: "int32" }),
        byte: tensor([255], { dtype: "int32" }),
        bool: tensor([true, false]),
        empty: tensor.zeros(0, 3),
        parameter: tensor([1, 1]),
        size: [2, 3],
        nested: [[1, -2, 2 ** 40], { a: null, 5: 1.5 }, "größe", true, []],
      }),
    );
  });

  test("code is refused with what to save instead, other archives with what reads them", async () => {
    await expect(gb.load(golden("refused.pt"))).rejects.toThrow(
      "holds torch.nn.modules.linear.Linear, which is code and not data",
    );
    await expect(gb.load(golden("refused.pt"))).rejects.toThrow("save model.state_dict() instead");
    await expect(gb.load(golden("stored.npz"))).rejects.toThrow(".npz files are read by loadNpz");
  });

  test("200 damaged files are read or refused, never anything else", async () => {
    const original = await readFile(golden("containers.pt"));
    // the pickle itself, without the checksum of the archive in the way
    const { unpackZip, packZip } = await import("gradbook/data/files/zip");
    const members = await unpackZip(original, "containers.pt");
    const main = members.findIndex(({ name }) => name.endsWith("data.pkl"));
    let state = 20261126;
    const random = (limit: number): number => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return Math.floor((state / 2 ** 32) * limit);
    };
    let refused = 0;
    for (let i = 0; i < 200; i++) {
      let bytes = Buffer.from(members[main]!.bytes);
      for (let changes = 1 + random(3); changes > 0; changes--) {
        if (random(4) === 0) bytes = bytes.subarray(0, 1 + random(bytes.length));
        else bytes[random(bytes.length)]! ^= 1 << random(8);
      }
      const damaged = members.map((member, j) => (j === main ? { ...member, bytes } : member));
      await writeFile(join(scratch, "damaged.pt"), await packZip(damaged, false));
      try {
        await gb.load(join(scratch, "damaged.pt"));
      } catch (error) {
        refused++;
        if (!(error instanceof data.FileFormatError)) throw error;
      }
    }
    expect(refused).toBeGreaterThan(100);
  });
});
