// Jupyter's surroundings: which folders it uses (all below the project) and the settings JupyterLab opens with.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { JUPYTER } from "./paths.mjs";
import { cacheEnvironment } from "./tool.mjs";

const CONFIG: string = join(JUPYTER, "config");

/** Settings that differ from JupyterLab's own defaults; users can still change them in the settings editor. */
const OVERRIDES = {
  "@jupyterlab/apputils-extension:notification": { fetchNews: "false", checkForUpdates: false },
  "@jupyterlab/extensionmanager-extension:plugin": { enabled: false, disclaimed: false },
};

/** Environment variables that keep Jupyter and its kernels out of the user's home and show them our kernel. */
export function jupyterEnvironment(): Record<string, string> {
  return {
    ...cacheEnvironment(),
    JUPYTER_PATH: JUPYTER,
    JUPYTER_CONFIG_DIR: CONFIG,
    JUPYTER_DATA_DIR: join(JUPYTER, "data"),
    JUPYTER_RUNTIME_DIR: join(JUPYTER, "runtime"),
    JUPYTERLAB_SETTINGS_DIR: join(JUPYTER, "settings"),
    JUPYTERLAB_WORKSPACES_DIR: join(JUPYTER, "workspaces"),
    IPYTHONDIR: join(JUPYTER, "ipython"),
    JUPYTER_PREFER_ENV_PATH: "1",
  };
}

/** Writes JupyterLab's default settings. */
export function writeSettings(): void {
  const folder = join(CONFIG, "labconfig");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "default_setting_overrides.json"), `${JSON.stringify(OVERRIDES, null, 2)}\n`);
}
