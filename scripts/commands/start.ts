// Sets up what is missing, starts JupyterLab, and stops it (with its kernels) when this program is stopped.
// GRADBOOK_TOKEN fixes the access token, which is otherwise random.

import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { parseArgs } from "node:util";
import { build } from "../setup/build.ts";
import { command } from "../setup/command.ts";
import { prepareData } from "../setup/data.ts";
import { type Lab, startLab } from "../setup/lab.ts";
import { choosePort } from "../setup/port.ts";
import { Problem } from "../setup/problem.mjs";
import { preparePython } from "../setup/python.ts";
import { step } from "../setup/steps.mjs";

const FIRST_NOTEBOOK = "00-first-light.ipynb";

await command(async () => {
  const { values } = parseArgs({ options: { port: { type: "string" }, "no-browser": { type: "boolean" } } });
  const wanted = values.port === undefined ? undefined : portNumber(values.port);
  await choosePort(wanted);
  await preparePython();
  await build();
  await prepareData();
  const lab = await step("JupyterLab", async () =>
    startLab({
      port: await choosePort(wanted),
      token: process.env.GRADBOOK_TOKEN || randomBytes(24).toString("hex"),
      notebook: FIRST_NOTEBOOK,
      browser: !values["no-browser"] && hasScreen(),
    }),
  );
  console.log(`\n  Ready: ${lab.url}\n  Ctrl-C stops it.\n`);
  return untilStopped(lab);
});

function portNumber(text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port > 0 && port < 65536) return port;
  throw new Problem(`--port ${text}: a port is a whole number from 1 to 65535.`);
}

/** Whether a browser window can appear here. */
function hasScreen(): boolean {
  const { DISPLAY, WAYLAND_DISPLAY } = process.env;
  return process.platform !== "linux" || Boolean(DISPLAY || WAYLAND_DISPLAY) || existsSync("/mnt/wslg");
}

/** Waits for Ctrl-C, for the bootstrap's end, or for JupyterLab to end by itself; leaves nothing behind. */
async function untilStopped(lab: Lab): Promise<number> {
  const asked = new Promise<void>((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => resolve());
    process.on("disconnect", () => resolve());
  });
  const code = await Promise.race([lab.ended, asked]);
  // the channel to the bootstrap would keep this program alive
  process.disconnect?.();
  if (code === 0) {
    console.log("\n  JupyterLab was shut down.");
    return 0;
  }
  if (typeof code === "number") {
    console.error(`JupyterLab ended (code ${code}). Its messages: ${lab.log}`);
    return 1;
  }
  console.log("\n  Stopping ...");
  await lab.stop();
  return 0;
}
