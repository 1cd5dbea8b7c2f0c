// What JupyterLab draws in a cell's output with us: stored runs and plotly figures. Small, for it is loaded at the start; what
// draws a run is fetched with the first one.

import type { IRenderMime } from "@jupyterlab/rendermime-interfaces";
import { nullTranslator, type TranslationBundle } from "@jupyterlab/translation";
import { Panel } from "@lumino/widgets";
import { RUN_MIME, type RunSnapshot, type RunSnapshotV1 } from "gradbook/train/run";
import figures from "./figure.js";
import type { SnapshotView } from "./snapshot.js";

class SnapshotRenderer extends Panel implements IRenderMime.IRenderer {
  readonly #trans: TranslationBundle;
  readonly #mimeType: string;
  #view: SnapshotView | undefined;

  constructor(options: IRenderMime.IRendererOptions) {
    super();
    this.#trans = (options.translator ?? nullTranslator).load("gradbook");
    this.#mimeType = options.mimeType;
  }

  /** Called again on the same widget when the output is updated. */
  async renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    const { SnapshotView } = await import("./snapshot.js");
    if (this.isDisposed) return;
    if (!this.#view) {
      this.#view = new SnapshotView(this.#trans);
      this.addWidget(this.#view);
    }
    this.#view.showRun(model.data[this.#mimeType] as unknown as RunSnapshot | RunSnapshotV1);
  }
}

const snapshots: IRenderMime.IExtension = {
  id: "@gradbook/extension:snapshot",
  description: "Renders the record of a training run in a cell's output.",
  rendererFactory: {
    safe: true,
    mimeTypes: [RUN_MIME],
    createRenderer: (options) => new SnapshotRenderer(options),
  },
  rank: 0,
  dataType: "json",
};

const extensions: IRenderMime.IExtension[] = [snapshots, figures];
export default extensions;
