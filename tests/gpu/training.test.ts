// What a notebook does with a GPU, beside the same on the CPU: a classifier is trained and validated, asked for its uncertainty,
// saved and loaded on the other device; and a cell chooses the device, loses it, and is stopped while it computes.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as gb from "gradbook";
import { closeSession } from "gradbook/tensor/session";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Executed, KernelClient } from "../kernel/client.js";
import { HOPS_OF_A_STOP, withLateness } from "../kernel/lateness.js";
import { mismatch, TRAJECTORY_TOLERANCE } from "../unit/parity/golden.js";
import { useDevice } from "../unit/parity/library.js";

const { data, manualSeed, nn, optim, tensor, train } = gb;
const BOTH = ["wasm", "webgpu"] as const;

let scratch = "";
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), "gradbook-gpu-"));
});
afterAll(async () => {
  closeSession();
  await rm(scratch, { recursive: true, force: true });
});

const classifier = (): gb.nn.Module =>
  nn.Sequential(
    nn.Flatten(),
    nn.Linear(784, 60),
    nn.BatchNorm1d(60),
    nn.ReLU(),
    nn.Dropout(0.2),
    nn.Linear(60, 10),
  );

/** Numbers by name. */
type Numbers = Record<string, number[]>;

const stateOf = (model: gb.nn.Module): Numbers =>
  Object.fromEntries(
    Object.entries<gb.Tensor>(model.stateDict()).map(([key, value]) => [key, [...value.toTypedArray()]]),
  );

/** Everything that two epochs leave: averages of losses and accuracies, the state, predictions with dropout and their spread. */
async function trained(): Promise<Numbers> {
  manualSeed(42);
  const images = data.TensorDataset(tensor.randn(120, 1, 28, 28), tensor.randint(0, 10, [120]));
  const [training, held] = data.randomSplit(images, [96, 24]);
  const model = classifier();
  const history = await train.fit(model, data.DataLoader(training!, { batchSize: 32, shuffle: true }), {
    optimizer: new optim.SGD(model.parameters(), { lr: 0.05, momentum: 0.9 }),
    lossFn: nn.CrossEntropyLoss(),
    validation: data.DataLoader(held!, { batchSize: 24 }),
    epochs: 2,
    clipGradNorm: 1,
    log: null,
  });
  const shown = tensor.randn(4, 1, 28, 28);
  const { mean, std } = train.mcPredict(model, shown, { samples: 5, transform: (y) => y.softmax(1) });
  return {
    ...stateOf(model),
    losses: history.flatMap(({ loss, validation }) => [loss, validation!.loss]),
    accuracies: history.flatMap(({ accuracy, validation }) => [accuracy, validation!.accuracy]),
    mean: [...mean.toTypedArray()],
    std: [...std.toTypedArray()],
  };
}

describe("beside the CPU", () => {
  test("fit, validation and Monte Carlo dropout give the same numbers for a seed", async () => {
    const results: Numbers[] = [];
    for (const device of BOTH) {
      useDevice(device);
      results.push(await trained());
    }
    const [cpu, gpu] = results as [Numbers, Numbers];
    expect(Object.keys(gpu)).toEqual(Object.keys(cpu));
    const wrong = Object.keys(cpu).map((name) =>
      mismatch(name, gpu[name]!, cpu[name]!, TRAJECTORY_TOLERANCE),
    );
    expect(wrong.filter((line) => line !== undefined)).toEqual([]);
  });

  test.each([
    ["wasm", "webgpu"],
    ["webgpu", "wasm"],
  ] as const)("what is saved on %s is loaded on %s, bit for bit", async (from, to) => {
    useDevice(from);
    manualSeed(1);
    const model = classifier();
    model(tensor.randn(8, 1, 28, 28));
    const state = stateOf(model);
    const path = join(scratch, from);
    await gb.save(model.stateDict(), path);
    useDevice(to);
    const loaded = classifier();
    loaded.loadStateDict(await gb.load<Record<string, gb.Tensor>>(path));
    expect(stateOf(loaded)).toEqual(state);
  });
});

describe("in a notebook", () => {
  let kernel: KernelClient;
  beforeAll(async () => {
    kernel = await KernelClient.start({ env: { GRADBOOK_DEVICE: "wasm" } });
  });
  afterAll(async () => {
    await kernel.close();
    expect(kernel.problems).toEqual([]);
  });

  /** A cell may take long: the GPU in software compiles for all its layers. */
  async function executed(code: string): Promise<Executed> {
    const id = kernel.startCell(code);
    await kernel.idle(id, 100_000);
    return kernel.finished(id);
  }

  test("a cell chooses the GPU, and the classifier of the next one learns as on the CPU", async () => {
    const losses: number[][] = [];
    for (const device of BOTH) {
      const chosen = await executed(`gb.device("${device}"); gb.device().find((one) => one.chosen)!.name`);
      expect(chosen.result).toContain(device);
      const { stdout, stderr } = await executed(`{
        manualSeed(42);
        const model = nn.Sequential(nn.Linear(784, 30), nn.ReLU(), nn.Linear(30, 10));
        const optimizer = new optim.SGD(model.parameters(), { lr: 0.05 });
        const x = tensor.randn(32, 784);
        const y = tensor.randint(0, 10, [32]);
        watch(model);
        const losses: number[] = [];
        for (let step = 0; step < 5; step++) {
          const loss = F.crossEntropy(model(x), y);
          loss.backward();
          optimizer.step();
          optimizer.zeroGrad();
          losses.push(loss.item());
        }
        console.log(JSON.stringify(losses));
      }`);
      expect(stderr).toBe("");
      losses.push(JSON.parse(stdout) as number[]);
    }
    const [cpu, gpu] = losses as [number[], number[]];
    expect(cpu.at(-1)).toBeLessThan(0.9 * cpu[0]!);
    expect(mismatch("losses", gpu, cpu, TRAJECTORY_TOLERANCE)).toBeUndefined();
  });

  test("a GPU that is lost ends the cell with what was computed, and where; the next one goes on from the last copy", async () => {
    // the 30th run is in the third cell
    await executed(`gb.device("wasm"); process.env.GRADBOOK_WEBGPU_LOSE = "30"; gb.device("webgpu");`);
    const first = await executed(`
      manualSeed(3);
      const model = nn.Sequential(nn.Linear(4, 3));
      const optimizer = new optim.SGD(model.parameters(), { lr: 0.1, momentum: 0.9 });
      const watcher = watch(model, { snapshots: { every: 4 } });
      const x = [[0.5, -1, 2, 0.25], [1, 3, -2, -0.5]];
      const step = () => {
        const loss = F.crossEntropy(model(tensor(x)), tensor([2, 0], { dtype: "int32" }));
        loss.backward();
        optimizer.step();
        optimizer.zeroGrad();
        return loss.item();
      };
      JSON.stringify(Array.from({ length: 6 }, step));`);
    const losses = JSON.parse(first.result!.replaceAll("'", "")) as number[];
    const second = await executed("for (let i = 0; i < 40; i++) step();");
    expect(second.reply.content.status).toBe("error");
    expect(second.reply.content.evalue).toMatch(
      /^The GPU was lost while it was computing \d+ kernels? \(.*\): destroyed.* \(first computed for cell \[\d+\], line 10\)/s,
    );
    await executed("delete process.env.GRADBOOK_WEBGPU_LOSE;");
    const third = await executed(
      "const { step: at } = watcher.rewind(Infinity); JSON.stringify([at, step(), step()]);",
    );
    expect(JSON.parse(third.result!.replaceAll("'", ""))).toEqual([4, ...losses.slice(4)]);
  });

  // measured on a machine that may be busy: the best of a few tries counts
  test("the stop button ends a cell within 0.2 s while a kernel does not end; the next one says so, and then there is a new GPU", {
    retry: 3,
  }, async () => {
    await executed('gb.device("webgpu"); const there = tensor.ones(3).mul(2); there.toArray()');
    // two primes: a sum of this length is not cut into parts, which would keep all cores busy
    const id = kernel.startCell(
      'console.log("go"); tensor.ones(1, 1).expand(59_999, 60_013).sin().exp().sin().exp().sum().item()',
    );
    await kernel.wait((message) => message.parent === id && message.type === "stream", '"go"');
    // by then it is compiled, and computes
    await new Promise((resolve) => setTimeout(resolve, 1000));
    const since = performance.now();
    const { value: cell, late } = await withLateness(async () => {
      await kernel.request("interrupt_request", {}, "control");
      return kernel.finished(id);
    });
    expect(cell.reply.content.ename).toBe("Interrupted");
    expect((performance.now() - since) / 1000).toBeLessThan(0.2 + HOPS_OF_A_STOP * late);
    const next = await executed("there.sum().item()");
    expect(next.reply.content.evalue).toMatch(/did not obey a stop.*a device that hangs/s);
    expect((await executed("tensor.full([2], 5).sum().item()")).result).toBe("10");
    const gone = await executed("there.sum().item()");
    expect(gone.reply.content.evalue).toMatch(/^this value is lost/);
  });
});
