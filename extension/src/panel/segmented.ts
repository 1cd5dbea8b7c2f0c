// A row of buttons of which one is on: the one option that belongs to a screen.

import { button, element } from "./dom.js";

export class Segmented<Value extends string> {
  readonly node: HTMLElement = element("div", "gb-Segmented");
  readonly #buttons = new Map<Value, HTMLButtonElement>();
  #value: Value;

  constructor(label: string, options: readonly (readonly [Value, string])[], onChange: () => void) {
    this.node.setAttribute("role", "group");
    this.node.setAttribute("aria-label", label);
    this.#value = options[0]![0];
    for (const [value, text] of options) {
      const choose = (): void => {
        this.#value = value;
        this.#show();
        onChange();
      };
      const node = button("", text, choose);
      this.#buttons.set(value, node);
      this.node.append(node);
    }
    this.#show();
  }

  get value(): Value {
    return this.#value;
  }

  set value(value: Value) {
    this.#value = value;
    this.#show();
  }

  /** Shows a choice or hides it; the first one takes the place of one that is hidden. */
  enable(value: Value, enabled: boolean): void {
    this.#buttons.get(value)!.hidden = !enabled;
    if (!enabled && this.#value === value) this.value = [...this.#buttons.keys()][0]!;
  }

  #show(): void {
    for (const [value, node] of this.#buttons)
      node.setAttribute("aria-pressed", String(value === this.#value));
  }
}
