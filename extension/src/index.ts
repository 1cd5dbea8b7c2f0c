// The JupyterLab plugins. The monitor's is here: the command that opens the monitor, where it is offered, and when it opens by itself.

import { ILayoutRestorer, type JupyterFrontEnd, type JupyterFrontEndPlugin } from "@jupyterlab/application";
import { ICommandPalette, Notification } from "@jupyterlab/apputils";
import { ILauncher } from "@jupyterlab/launcher";
import { INotebookTracker, type NotebookPanel } from "@jupyterlab/notebook";
import { ISettingRegistry } from "@jupyterlab/settingregistry";
import { IStateDB } from "@jupyterlab/statedb";
import { IStatusBar } from "@jupyterlab/statusbar";
import { ITranslator, type TranslationBundle } from "@jupyterlab/translation";
import type { DiagnosisLevel } from "gradbook/train/run";
import { monitorIcon } from "./icons.js";
import { translateSettings } from "./locale/settings.js";
import { loadTexts } from "./locale/translation.js";
import { Monitors, OPEN_COMMAND } from "./monitors.js";
import type { Surroundings } from "./panel/monitor.js";
import { SCREEN_NAMES } from "./panel/screen.js";
import { Preferences } from "./preferences.js";
import stale from "./stale/plugin.js";
import { addStatus } from "./status.js";

const PLUGIN_ID = "@gradbook/extension:plugin";
const PROJECTOR_COMMAND = "gradbook:toggle-projector";

const plugin: JupyterFrontEndPlugin<void> = {
  id: PLUGIN_ID,
  description: "Shows losses, activations and gradients beside the notebook while a network trains.",
  autoStart: true,
  requires: [INotebookTracker],
  optional: [
    ICommandPalette,
    ILauncher,
    ILayoutRestorer,
    ISettingRegistry,
    IStateDB,
    IStatusBar,
    ITranslator,
  ],
  activate: async (
    app: JupyterFrontEnd,
    notebooks: INotebookTracker,
    palette: ICommandPalette | null,
    launcher: ILauncher | null,
    restorer: ILayoutRestorer | null,
    settings: ISettingRegistry | null,
    state: IStateDB | null,
    statusBar: IStatusBar | null,
    translator: ITranslator | null,
  ): Promise<void> => {
    const trans = await loadTexts(translator);
    const preferences = new Preferences();
    const openSection = (section: string): Promise<void> => showSection(app, section, trans);
    const openDiagnosis: Surroundings["openDiagnosis"] = async (rule, rendermime) => {
      const { showDiagnosis } = await import("./diagnoses.js");
      await showDiagnosis(app, rule, rendermime, trans);
    };
    const surroundings = { preferences, openSection, openDiagnosis };
    const monitors = new Monitors({ app, notebooks, trans, restorer, state, ...surroundings });
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
            screen: { type: "string", enum: [...SCREEN_NAMES], description: "The tab to show" },
            activate: { type: "boolean", description: "Whether to give the monitor the focus" },
          },
        },
      },
      execute: ({ path, screen, activate }) => {
        const notebook = monitors.find(typeof path === "string" ? path : undefined);
        if (notebook) {
          const chosen = SCREEN_NAMES.find((name) => name === screen);
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
    if (statusBar) addStatus(statusBar, { app, notebooks, monitors, trans });
    palette?.addItem({ command: OPEN_COMMAND, category: "Gradbook", args: { isPalette: true } });
    launcher?.add({ command: OPEN_COMMAND, category: "Gradbook", args: { isLauncher: true } });
    void settings?.load(PLUGIN_ID).then((loaded) => {
      translateSettings(settings, PLUGIN_ID, trans);
      const read = (): void => {
        monitors.automatic = loaded.get("openAutomatically").composite !== false;
        preferences.set({
          level: levelOf(loaded.get("level").composite),
          projector: loaded.get("projector").composite === true,
        });
      };
      app.commands.addCommand(PROJECTOR_COMMAND, {
        label: trans.__("Monitor for a Projector"),
        caption: trans.__("Large type and thick lines, readable from the last row"),
        isToggleable: true,
        isToggled: () => preferences.projector,
        execute: () => loaded.set("projector", !preferences.projector),
      });
      preferences.subscribe(() => app.commands.notifyCommandChanged(PROJECTOR_COMMAND));
      palette?.addItem({ command: PROJECTOR_COMMAND, category: "Gradbook" });
      loaded.changed.connect(read);
      read();
    });
  },
};

function levelOf(value: unknown): DiagnosisLevel {
  return value === "off" || value === "hint" ? value : "answer";
}

/** Opens a section of a notebook, "notebooks/NAME.ipynb#Heading": below the server's folder or among the notebooks there. */
async function showSection(app: JupyterFrontEnd, section: string, trans: TranslationBundle): Promise<void> {
  const [place = "", heading] = section.split("#");
  const path = place.replace(/^notebooks\//, "");
  try {
    const widget = await app.commands.execute("docmanager:open", { path });
    if (heading !== undefined) (widget as NotebookPanel | undefined)?.setFragment(`#${heading}`);
  } catch {
    Notification.warning(trans.__("The notebook %1 is not in this folder.", path));
  }
}

const plugins: JupyterFrontEndPlugin<void>[] = [plugin, stale];
export default plugins;
