// One plotly chart in the page. Plotly itself is fetched with the first chart, and nothing waits for it but drawing.

import type * as Plotly from "plotly.js";
import { tableOf } from "./table.js";

/** What a chart shows: traces and layout, for a given size in pixels. */
export interface Figure {
  readonly data: Plotly.Data[];
  readonly layout: Partial<Plotly.Layout>;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

type Library = typeof import("./plotly.js");

let loading: Promise<Library> | undefined;

/** Plotly, from its own chunk. */
export function loadPlotly(): Promise<Library> {
  loading ??= import("./plotly.js");
  return loading;
}

const CONFIG: Partial<Plotly.Config> = { displayModeBar: false, doubleClick: false, scrollZoom: false };

/** Charts draw one after the other, each in a task of its own: together they would hold up the page for too long. */
let turn: Promise<void> = Promise.resolve();

/** Resolves when all charts that have been asked to draw have drawn. */
export function drawn(): Promise<void> {
  return turn;
}

/** Waits for the next task of the page's event loop. */
function nextTask(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve);
  });
}

export class Chart {
  readonly node: HTMLDivElement = document.createElement("div");
  #plotly: Library | undefined;
  #pending: ((size: Size) => Figure) | undefined;
  #asTable = false;
  #disposed = false;
  #drawing = false;
  #revision = 0;

  constructor(label: string) {
    this.node.className = "gb-Chart";
    this.node.setAttribute("role", "img");
    this.node.setAttribute("aria-label", label);
  }

  /** Draws what `build` gives, or writes it as a table; of several calls in one turn the last one counts. */
  draw(build: (size: Size) => Figure, asTable = false): void {
    this.#pending = build;
    if (asTable !== this.#asTable) this.#switch(asTable);
    if (this.#drawing) return;
    this.#drawing = true;
    const own = turn.then(nextTask).then(() => this.#flush());
    // the others are to be drawn all the same
    turn = own.catch((error: unknown) => console.error(error));
  }

  dispose(): void {
    this.#disposed = true;
    this.#pending = undefined;
    this.#plotly?.purge(this.node);
  }

  #switch(asTable: boolean): void {
    this.#asTable = asTable;
    this.#plotly?.purge(this.node);
    this.node.replaceChildren();
    this.node.classList.toggle("gb-mod-table", asTable);
    this.node.setAttribute("role", asTable ? "group" : "img");
  }

  async #flush(): Promise<void> {
    try {
      this.#plotly ??= await loadPlotly();
      const size = { width: this.node.clientWidth, height: this.node.clientHeight };
      const build = this.#pending;
      if (!build || this.#disposed || size.width < 40 || size.height < 40) return;
      this.#pending = undefined;
      const figure = build(size);
      if (this.#asTable) {
        this.node.replaceChildren(tableOf(figure));
      } else {
        const layout = { ...figure.layout, ...size, datarevision: ++this.#revision, uirevision: "fixed" };
        await this.#plotly.react(this.node, figure.data, layout, CONFIG);
      }
    } finally {
      this.#drawing = false;
    }
    if (this.#pending && !this.#disposed) this.draw(this.#pending, this.#asTable);
  }
}
