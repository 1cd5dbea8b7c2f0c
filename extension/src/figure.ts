// The renderer of plotly figures in a cell's output: any object with traces and a layout, in the theme's colours where the figure
// says nothing about them.

import type { IRenderMime } from "@jupyterlab/rendermime-interfaces";
import { nullTranslator, type TranslationBundle } from "@jupyterlab/translation";
import type { Message } from "@lumino/messaging";
import { Widget } from "@lumino/widgets";
import type * as Plotly from "plotly.js";
import { onThemeChange, readTokens } from "./charts/tokens.js";

const FIGURE_MIME = "application/vnd.plotly.v1+json";

let loading: Promise<typeof Plotly> | undefined;

/** Plotly with all its cartesian traces, in a chunk of its own: a notebook's figures may have any, the monitor needs one. */
function loadFigures(): Promise<typeof Plotly> {
  loading ??= import("plotly.js/dist/plotly-cartesian.min.js").then((module) => module.default);
  return loading;
}

/** Height of a figure that does not say how high it is. */
const HEIGHT = 360;

interface Figure {
  readonly data: Plotly.Data[];
  readonly layout?: Partial<Plotly.Layout>;
  readonly config?: Partial<Plotly.Config>;
  readonly frames?: Plotly.Frame[];
}

class FigureWidget extends Widget implements IRenderMime.IRenderer {
  readonly #trans: TranslationBundle;
  readonly #size: ResizeObserver;
  readonly #endTheme: () => void;
  #figure: Figure | undefined;
  #drawn = 0;
  #plotly: typeof Plotly | undefined;

  constructor(options: IRenderMime.IRendererOptions) {
    super();
    this.#trans = (options.translator ?? nullTranslator).load("gradbook");
    this.addClass("gb-Monitor");
    this.addClass("gb-Figure");
    this.#size = new ResizeObserver(() => {
      if (this.node.clientWidth !== this.#drawn) void this.#draw();
    });
    this.#endTheme = onThemeChange(() => void this.#draw());
  }

  /** Called again on the same widget when the output is updated. */
  renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    this.#figure = model.data[FIGURE_MIME] as unknown as Figure;
    return this.#draw();
  }

  override dispose(): void {
    if (this.isDisposed) return;
    this.#size.disconnect();
    this.#endTheme();
    this.#plotly?.purge(this.node);
    super.dispose();
  }

  protected override onAfterAttach(_: Message): void {
    this.#size.observe(this.node);
  }

  async #draw(): Promise<void> {
    const width = this.node.clientWidth;
    if (this.#figure === undefined || width === 0) return;
    this.#drawn = width;
    this.#plotly = await loadFigures();
    // an update may have come meanwhile
    const { data, layout = {}, config, frames } = this.#figure;
    if (this.isDisposed) return;
    try {
      const size = { width: layout.width ?? width, height: layout.height ?? HEIGHT };
      const shown = { template: this.#template(), ...layout, ...size };
      await this.#plotly.react(this.node, data, shown, { displaylogo: false, ...config });
      if (frames !== undefined) await this.#plotly.addFrames(this.node, frames);
    } catch (error) {
      this.node.textContent = this.#trans.__("Plotly cannot draw this figure: %1", String(error));
    }
  }

  /** What holds where the figure says nothing. */
  #template(): Plotly.Template {
    const { font, tickSize, ink, inkQuiet, grid, axis, run, compared } = readTokens(this.node);
    const line = { gridcolor: grid, zerolinecolor: axis, linecolor: axis, automargin: true };
    const layout = {
      font: { family: font, size: tickSize + 1, color: ink },
      paper_bgcolor: "transparent",
      plot_bgcolor: "transparent",
      colorway: [run, ...compared],
      // at the left, where the buttons do not cover it
      title: { x: 0, xref: "paper" as const, xanchor: "left" as const },
      modebar: { bgcolor: "transparent", color: inkQuiet, activecolor: run },
      margin: { l: 48, r: 16, t: 40, b: 40 },
      xaxis: line,
      yaxis: line,
    };
    return { layout };
  }
}

const figures: IRenderMime.IExtension = {
  id: "@gradbook/extension:figure",
  description: "Renders plotly figures in a cell's output.",
  rendererFactory: {
    safe: true,
    mimeTypes: [FIGURE_MIME],
    createRenderer: (options) => new FigureWidget(options),
  },
  // plotly's own renderer, where it is installed, comes first
  rank: 1,
  dataType: "json",
};

export default figures;
