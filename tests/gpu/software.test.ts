// Choosing device "webgpu" where the only GPU is one in software: it has to be allowed, and the words say so.

import * as gb from "gradbook";
import { createDevice } from "gradbook/compute/engine/devices";
import { closeSession } from "gradbook/tensor/session";
import { afterAll, afterEach, describe, expect, it, vi } from "vitest";
import { useDevice } from "../unit/parity/library.js";

afterEach(() => vi.unstubAllEnvs());
afterAll(closeSession);

describe("choosing it", () => {
  it("lists what there is, and says why what cannot be used cannot", () => {
    useDevice("webgpu");
    const [cpu, software] = gb.device();
    expect(cpu).toMatchObject({ name: "wasm", chosen: false });
    expect(software).toMatchObject({ name: "webgpu", chosen: true, memoryBytes: expect.any(Number) });
    vi.stubEnv("GRADBOOK_WEBGPU_SOFTWARE", "0");
    expect(gb.device()[1]).toMatchObject({
      chosen: false,
      problem: expect.stringMatching(/computes on the CPU/),
    });
  });

  it("refuses a GPU in software where that is not allowed, and the device before stays", () => {
    useDevice("wasm");
    vi.stubEnv("GRADBOOK_WEBGPU_SOFTWARE", "0");
    expect(() => gb.device("webgpu")).toThrow(/found no GPU, only .*SwiftShader.*GRADBOOK_WEBGPU_SOFTWARE=1/);
    expect(gb.tensor([1, 2]).sum().item()).toBe(3);
    vi.unstubAllEnvs();
    gb.device("webgpu");
    expect(gb.explain(gb.tensor.ones(3).exp())).toMatch(/on the GPU/);
  });

  it("says what is missing when there is no driver", () => {
    useDevice("wasm");
    vi.stubEnv("VK_DRIVER_FILES", "/nowhere/none.json");
    expect(() => gb.device("webgpu")).toThrow(/no Vulkan driver.*mesa-vulkan-drivers.*NVIDIA/);
  });
});

it("is made by its name, and says what it runs on", async () => {
  const device = await createDevice("webgpu");
  expect(device.description).toMatch(/^WebGPU on .*, in software$/);
  device.close();
});
