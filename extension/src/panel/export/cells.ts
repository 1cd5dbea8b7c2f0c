// New cells below the active one: code that the kernel offers, and a picture that stays in the notebook.

import type { IMarkdownCellModel, MarkdownCell } from "@jupyterlab/cells";
import { type Notebook, NotebookActions } from "@jupyterlab/notebook";

/** Inserts a cell of code and makes it the active one; running it is up to the user. */
export function insertCode(notebook: Notebook, code: string): void {
  NotebookActions.insertBelow(notebook);
  notebook.activeCell?.model.sharedModel.setSource(code);
}

/** Inserts a picture, with its data, and a line below it. */
export async function insertPicture(notebook: Notebook, picture: Blob, caption: string): Promise<void> {
  const data = await base64(picture);
  const name = `monitor-${crypto.randomUUID().slice(0, 8)}.png`;
  NotebookActions.insertBelow(notebook);
  NotebookActions.changeCellType(notebook, "markdown");
  const cell = notebook.activeCell as MarkdownCell;
  (cell.model as IMarkdownCellModel).attachments.set(name, { "image/png": data });
  const words = caption.replace(/[[\]\\*_]/g, "\\$&");
  cell.model.sharedModel.setSource(`![${words}](attachment:${name})\n\n${words}`);
  cell.rendered = true;
}

function base64(blob: Blob): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onerror = () => reject(reader.error);
    reader.onload = () => resolve((reader.result as string).replace(/^[^,]*,/, ""));
    reader.readAsDataURL(blob);
  });
}
