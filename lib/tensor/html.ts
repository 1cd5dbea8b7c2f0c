// HTML for notebooks: text made safe, and text beside what matters. Imports nothing, so that it is there before the library.

/** The text as HTML shows it. */
export function escapeHtml(text: string): string {
  const named: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
  return text.replace(/[&<>"]/g, (character) => named[character]!);
}

/** Text beside what matters, as HTML. Front ends without JupyterLab's colours take those after the comma. */
export function quietHtml(text: string): string {
  const style =
    "color:var(--jp-ui-font-color2,#666);font-family:var(--jp-ui-font-family,sans-serif);font-size:var(--jp-ui-font-size1,13px)";
  return `<span style="${style}">${escapeHtml(text)}</span>`;
}
