// Text with pieces replaced, that still knows where each kept character came from.

interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

export class Edits {
  readonly #source: string;
  readonly #edits: Edit[] = [];

  constructor(source: string) {
    this.#source = source;
  }

  replace(start: number, end: number, text: string): void {
    this.#edits.push({ start, end, text });
  }

  /** Insertions at the same place appear in the order they were made. */
  insert(at: number, text: string): void {
    this.replace(at, at, text);
  }

  /** The new text, and where a position of the old text lies in it; of what was replaced only the beginning lies somewhere. */
  apply(): { text: string; moved: (position: number) => number | undefined } {
    const edits = this.#edits.toSorted((a, b) => a.start - b.start || a.end - b.end);
    const kept: { from: number; to: number; at: number }[] = [];
    let text = "";
    let from = 0;
    for (const edit of edits) {
      kept.push({ from, to: edit.start, at: text.length });
      text += this.#source.slice(from, edit.start);
      if (edit.end > edit.start) kept.push({ from: edit.start, to: edit.start + 1, at: text.length });
      text += edit.text;
      from = edit.end;
    }
    kept.push({ from, to: this.#source.length + 1, at: text.length });
    text += this.#source.slice(from);
    const moved = (position: number): number | undefined => {
      let [low, high] = [0, kept.length - 1];
      while (low < high) {
        const middle = (low + high) >> 1;
        if (position < kept[middle]!.to) high = middle;
        else low = middle + 1;
      }
      const { from, to, at } = kept[low]!;
      return position >= from && position < to ? at + position - from : undefined;
    };
    return { text, moved };
  }
}

/** Line and column, from 0, of positions in a text. */
export class Lines {
  readonly #starts: number[] = [0];

  constructor(text: string) {
    for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) this.#starts.push(at + 1);
  }

  position(line: number, column: number): number {
    return (this.#starts[line] ?? 0) + column;
  }

  lineAndColumn(position: number): readonly [line: number, column: number] {
    let low = 0;
    let high = this.#starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#starts[middle]! <= position) low = middle;
      else high = middle - 1;
    }
    return [low, position - this.#starts[low]!];
  }
}
