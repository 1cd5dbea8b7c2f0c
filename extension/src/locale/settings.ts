// The texts of our settings in the user's language. JupyterLab's server translates schemas by its language packs, which know nothing
// of this extension.

import type { ISettingRegistry } from "@jupyterlab/settingregistry";
import type { TranslationBundle } from "@jupyterlab/translation";

/** What of a schema is read by people. */
const READ: ReadonlySet<string> = new Set(["title", "description", "jupyter.lab.setting-icon-label"]);

/** Translates the texts of a plugin's schema where they stand, now and whenever it has been read from the server again. */
export function translateSettings(
  registry: ISettingRegistry,
  plugin: string,
  trans: TranslationBundle,
): void {
  const translate = (): void => translateTexts(registry.plugins[plugin]?.schema, trans);
  registry.pluginChanged.connect((_, changed) => {
    if (changed === plugin) translate();
  });
  translate();
}

function translateTexts(part: unknown, trans: TranslationBundle): void {
  if (typeof part !== "object" || part === null) return;
  const fields = part as Record<string, unknown>;
  for (const [name, value] of Object.entries(fields)) {
    if (READ.has(name) && typeof value === "string") fields[name] = trans.__(value);
    else translateTexts(value, trans);
  }
}
