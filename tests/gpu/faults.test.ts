// What may go wrong on a GPU: it is lost, it has no room, a shader is refused, a kernel does not end. Each names what was computed,
// and the notebook goes on.

import * as gb from "gradbook";
import type { Kernel, Plan } from "gradbook/compute/ir";
import { WebGpuDevice } from "gradbook/compute/webgpu/device";
import type { Expr } from "gradbook/graph/expr";
import { closeSession, settleSession } from "gradbook/tensor/session";
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { useDevice } from "../unit/parity/library.js";

const { F, nn, optim, tensor } = gb;

beforeEach(() => useDevice("webgpu"));
afterEach(() => vi.unstubAllEnvs());
afterAll(closeSession);

const never = (): boolean => false;
const none = new Float64Array(0);

/** A plan that stores `value` into its one binding. */
function planFor(value: Expr, name: string): Plan {
  const output = { buffer: 0, view: { offset: 0, strides: [1] }, value };
  const kernel: Kernel = { kind: "loop", name, outer: [4], reduce: [], passes: [], outputs: [output] };
  return {
    buffers: [{ kind: "binding", binding: 0, bytes: 16 }],
    kernels: [kernel],
    arenaBytes: 0,
    commit: 1,
    bindings: 1,
    args: 0,
    faults: [],
  };
}

const seven: Expr = { kind: "const", dtype: "float32", value: 7 };

describe("the device", () => {
  it("names the kernel whose shader is refused, and goes on", () => {
    const gpu = new WebGpuDevice();
    // there is no loop dimension 3: the generated code has a name that is not declared
    const broken: Expr = { kind: "index", dtype: "int32", dim: 3 };
    for (let again = 0; again < 2; again++)
      expect(() => gpu.compile(planFor(broken, "nonsense"))).toThrow(
        /^The shader generated for nonsense is not valid: .*undefined.*gb\.device\("wasm"\)/,
      );
    const buffer = gpu.allocate(16);
    gpu.run(gpu.compile(planFor(seven, "sevens")), [buffer], none, never);
    expect([...new Float32Array(gpu.read(buffer, 0, 16).buffer)]).toEqual([7, 7, 7, 7]);
    gpu.close();
  });
});

/** A sum that takes hours. Its length is a product of two primes, so that it is not cut into parts, which would keep all cores busy. */
const endless = (): gb.Tensor => tensor.ones(1, 1).expand(59_999, 60_013).sin().exp().sin().exp().sin().sum();

describe("the notebook goes on", () => {
  it.each<[what: string, make: (numbers: number) => gb.Tensor]>([
    ["a tensor", (numbers) => tensor.full([numbers], 2).mul(3)],
    ["values inside a computation", (numbers) => tensor.ones(1).expand(numbers).cumsum(0).sum()],
  ])(
    "where there is no room for %s: sizes and a remedy are told, and the tensors that are there stay",
    (_, make) => {
      const kept = tensor.ones(3);
      kept.toArray();
      const { memoryBytes } = gb.device().find(({ chosen }) => chosen)!;
      expect(() => make(memoryBytes! / 4 + 1).toArray()).toThrow(
        /No room for [\d,.]+ MiB on the GPU: [\d,.]+ MiB are in use, of [\d,.]+ MiB .*smaller batches.*gb\.memory\(\) lists them.*first computed for/s,
      );
      expect(kept.add(1).toArray()).toEqual([2, 2, 2]);
    },
  );

  it("where a kernel does not end: its name is reported, and the next operation starts a new server", () => {
    // more than compiling takes where much else is running
    vi.stubEnv("GRADBOOK_WEBGPU_PATIENCE", "15");
    const kept = tensor.ones(3);
    kept.toArray();
    const long = endless();
    expect(() => long.item()).toThrow(
      /not answered for 15 s while it was computing 1 kernel \(.*sum.*\).* \(first computed for faults\.test\.ts:\d+\)/,
    );
    vi.unstubAllEnvs();
    expect(tensor.full([2], 5).sum().item()).toBe(10);
    expect(() => kept.sum().item()).toThrow(/lost.*watcher\.rewind.*gb\.train\.fork/);
  });

  it("where the GPU is lost in steps of which nothing is read: only what was on it is lost", () => {
    vi.stubEnv("GRADBOOK_WEBGPU_LOSE", "12");
    const model = nn.Linear(4, 3);
    const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 });
    const [x, labels] = [tensor.ones(2, 4), tensor([2, 0], { dtype: "int32" })];
    const train = (): void => {
      for (let i = 0; i < 40; i++) {
        F.crossEntropy(model(x) as gb.Tensor, labels).backward();
        optimizer.step();
        optimizer.zeroGrad();
      }
    };
    expect(train).toThrow(
      /The GPU was lost while it was computing .* \(first computed for faults\.test\.ts:\d+\)/s,
    );
    vi.unstubAllEnvs();
    expect(tensor([1, 2]).sum().item()).toBe(3);
  });

  it("where the GPU is lost in a training: the model comes back from the last copy, and learns on as before", async () => {
    vi.stubEnv("GRADBOOK_WEBGPU_LOSE", "25");
    gb.manualSeed(3);
    const model = nn.Sequential(nn.Linear(4, 3));
    const optimizer = new optim.SGD(model.parameters(), { lr: 0.1, momentum: 0.9 });
    const watcher = gb.watch(model, { name: "on a GPU", snapshots: { every: 4 } });
    const losses: number[] = [];
    const step = (): number => {
      const x = tensor([0.5, -1, 2, 0.25, 1, 3, -2, -0.5]).reshape(2, 4);
      const loss = F.crossEntropy(model(x), tensor([2, 0], { dtype: "int32" }));
      loss.backward();
      optimizer.step();
      optimizer.zeroGrad();
      return loss.item();
    };
    for (let i = 0; i < 6; i++) losses.push(step());
    // the end of a cell brings the last copy home; the next cell meets the fault
    await settleSession();
    const lost = (): void => {
      for (let i = 0; i < 40; i++) losses.push(step());
    };
    expect(lost).toThrow(
      /The GPU was lost while it was computing \d+ kernels? \(.*\): destroyed.* \(first computed for faults\.test\.ts:\d+\)/s,
    );
    vi.unstubAllEnvs();
    expect(losses.length).toBeGreaterThan(6);
    expect(() => model.parameters()[0]!.toArray()).toThrow(/this value is lost.*watcher\.rewind/);
    const back = watcher.rewind(Number.POSITIVE_INFINITY);
    expect(back.step).toBe(4);
    expect([step(), step()]).toEqual(losses.slice(4, 6));
  });
});
