// What can be taken from the monitor: a picture of the screen, the numbers behind it, a cell that keeps it.

import type { Notebook } from "@jupyterlab/notebook";
import type { TranslationBundle } from "@jupyterlab/translation";
import type { RunRecord } from "../../data/record.js";
import type { Choice } from "../menu.js";
import { insertCode, insertPicture } from "./cells.js";
import { layersCsv, stepsCsv } from "./csv.js";
import { pngOf, svgOf } from "./picture.js";

export interface Exported {
  readonly record: RunRecord;
  /** The part of the page to picture. */
  readonly node: HTMLElement;
  /** What it shows, in a few words. */
  readonly title: string;
  readonly notebook: Notebook;
}

export function exportChoices(
  { record, node, title, notebook }: Exported,
  trans: TranslationBundle,
): Choice[] {
  const name = `${record.info.name} ${title}`.replace(/[^\p{L}\p{N}#+-]+/gu, "-").toLowerCase();
  const choice = (label: string, choose: () => void): Choice => ({ label, selected: false, choose });
  const byHand = (record.info.changes ?? []).filter(({ by, code }) => by === "hand" && code);
  return [
    choice(trans.__("Picture as PNG"), () => {
      void pngOf(svgOf(node)).then((blob) => download(`${name}.png`, blob));
    }),
    choice(trans.__("Picture as SVG"), () => download(`${name}.svg`, blobOf(svgOf(node), "image/svg+xml"))),
    choice(trans.__("Numbers of the steps as CSV"), () =>
      download(`${name}-steps.csv`, blobOf(stepsCsv(record), "text/csv")),
    ),
    choice(trans.__("Numbers of the layers as CSV"), () =>
      download(`${name}-layers.csv`, blobOf(layersCsv(record), "text/csv")),
    ),
    choice(trans.__("Picture in a new cell"), () => {
      void pngOf(svgOf(node)).then((blob) => insertPicture(notebook, blob, `${record.info.name}: ${title}`));
    }),
    ...(byHand.length > 0
      ? [
          choice(trans.__("Changes made by hand as code in a new cell"), () =>
            insertCode(notebook, byHand.map(({ step, code }) => `// step ${step}\n${code}`).join("\n")),
          ),
        ]
      : []),
  ];
}

function blobOf(text: string, type: string): Blob {
  return new Blob([text], { type });
}

function download(name: string, blob: Blob): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
