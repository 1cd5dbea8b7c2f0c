// The GPU in software for the tests of device "webgpu": SwiftShader, which comes with Chromium, and a Vulkan loader to find it.

import { existsSync, realpathSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { prepareChromium } from "./chromium.ts";

const DRIVER = "vk_swiftshader_icd.json";
const LOADER = "libvulkan.so.1";

/** The variables with which programs find it; undefined where there is no Chromium with it. */
export async function prepareSoftwareGpu(): Promise<Record<string, string> | undefined> {
  const chromium = await prepareChromium();
  const folders = [
    ...(chromium === undefined ? [] : [dirname(realpathSync(chromium))]),
    "/usr/lib/chromium",
    "/usr/lib/chromium-browser",
    "/opt/google/chrome",
  ];
  const folder = folders.find((one) => existsSync(join(one, DRIVER)) && existsSync(join(one, LOADER)));
  if (folder === undefined) return undefined;
  const libraries = [folder, process.env.LD_LIBRARY_PATH ?? ""].filter((path) => path !== "");
  return {
    GRADBOOK_WEBGPU_SOFTWARE: "1",
    VK_DRIVER_FILES: join(folder, DRIVER),
    LD_LIBRARY_PATH: libraries.join(delimiter),
  };
}
