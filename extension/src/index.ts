// The JupyterLab plugins. The monitor's is here: the command that opens the monitor, where it is offered, and when it opens by itself.

import { ILayoutRestorer, type JupyterFrontEnd, type JupyterFrontEndPlugin } from "@jupyterlab/application";
import { ICommandPalette, Notification } from "@jupyterlab/apputils";
import { ILauncher } from "@jupyterlab/launcher";
import { INotebookTracker } from "@jupyterlab/notebook";
import { ISettingRegistry } from "@jupyterlab/settingregistry";
import { IStateDB } from "@jupyterlab/statedb";
import { ITranslator, nullTranslator } from "@jupyterlab/translation";
import { monitorIcon } from "./icons.js";
import { Monitors, OPEN_COMMAND } from "./monitors.js";
import { SCREENS } from "./panel/screens.js";
import stale from "./stale/plugin.js";

const PLUGIN_ID = "@gradbook/extension:plugin";

const plugin: JupyterFrontEndPlugin<void> = {
  id: PLUGIN_ID,
  description: "Shows losses, activations and gradients beside the notebook while a network trains.",
  autoStart: true,
  requires: [INotebookTracker],
  optional: [ICommandPalette, ILauncher, ILayoutRestorer, ISettingRegistry, IStateDB, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    notebooks: INotebookTracker,
    palette: ICommandPalette | null,
    launcher: ILauncher | null,
    restorer: ILayoutRestorer | null,
    settings: ISettingRegistry | null,
    state: IStateDB | null,
    translator: ITranslator | null,
  ): void => {
    const trans = (translator ?? nullTranslator).load("gradbook");
    const monitors = new Monitors(app, notebooks, trans, restorer, state);
    app.commands.addCommand(OPEN_COMMAND, {
      label: ({ isPalette, isLauncher }) =>
        isPalette
          ? trans.__("Gradbook: Open Monitor")
          : isLauncher
            ? trans.__("Monitor")
            : trans.__("Gradbook Monitor"),
      caption: trans.__("Watch losses, activations and gradients of this notebook’s runs"),
      icon: ({ isPalette }) => (isPalette ? undefined : monitorIcon),
      describedBy: {
        args: {
          type: "object",
          properties: {
            path: { type: "string", description: "Path of the notebook; else the current one" },
            screen: { type: "string", enum: SCREENS.map(({ name }) => name), description: "The tab to show" },
            activate: { type: "boolean", description: "Whether to give the monitor the focus" },
          },
        },
      },
      execute: ({ path, screen, activate }) => {
        const notebook = monitors.find(typeof path === "string" ? path : undefined);
        if (notebook) {
          const chosen = SCREENS.find(({ name }) => name === screen)?.name;
          return monitors.open(notebook, chosen, activate !== false);
        }
        if (path === undefined) {
          Notification.info(
            trans.__("Open a TypeScript (Gradbook) notebook first: the monitor watches its kernel."),
          );
        }
        return undefined;
      },
    });
    palette?.addItem({ command: OPEN_COMMAND, category: "Gradbook", args: { isPalette: true } });
    launcher?.add({ command: OPEN_COMMAND, category: "Gradbook", args: { isLauncher: true } });
    void settings?.load(PLUGIN_ID).then((loaded) => {
      const read = (): void => {
        monitors.automatic = loaded.get("openAutomatically").composite !== false;
      };
      loaded.changed.connect(read);
      read();
    });
  },
};

const plugins: JupyterFrontEndPlugin<void>[] = [plugin, stale];
export default plugins;
