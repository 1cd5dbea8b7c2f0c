// The JupyterLab plugin that marks cells which are out of date.

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from "@jupyterlab/application";
import { INotebookTracker, type NotebookPanel } from "@jupyterlab/notebook";
import { ISettingRegistry } from "@jupyterlab/settingregistry";
import { ITranslator, nullTranslator } from "@jupyterlab/translation";
import { translateSettings } from "../locale/settings.js";
import { loadTexts } from "../locale/translation.js";
import { StaleMarks } from "./marks.js";
import { RULES, type Rule } from "./rules.js";

const PLUGIN_ID = "@gradbook/extension:stale";

const plugin: JupyterFrontEndPlugin<void> = {
  id: PLUGIN_ID,
  description: "Marks cells that have read variables which other cells have changed since.",
  autoStart: true,
  requires: [INotebookTracker],
  optional: [ISettingRegistry, ITranslator],
  activate: (
    _: JupyterFrontEnd,
    notebooks: INotebookTracker,
    settings: ISettingRegistry | null,
    translator: ITranslator | null,
  ): void => {
    const trans = (translator ?? nullTranslator).load("gradbook");
    const all = new Map<NotebookPanel, StaleMarks>();
    let rule: Rule | undefined = "above";
    const watch = (notebook: NotebookPanel): void => {
      const marks = new StaleMarks(notebook, trans, rule);
      all.set(notebook, marks);
      notebook.disposed.connect(() => {
        all.delete(notebook);
        marks.dispose();
      });
    };
    notebooks.forEach(watch);
    notebooks.widgetAdded.connect((_, notebook) => watch(notebook));
    void settings?.load(PLUGIN_ID).then((loaded) => {
      void loadTexts(translator).then((texts) => translateSettings(settings, PLUGIN_ID, texts));
      const read = (): void => {
        const chosen = loaded.get("mark").composite;
        rule = RULES.find((name) => name === chosen);
        for (const marks of all.values()) marks.rule = rule;
      };
      loaded.changed.connect(read);
      read();
    });
  },
};

export default plugin;
