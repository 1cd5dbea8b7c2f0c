// The screen "Batch microscope": what happens to one example? While the run is paused, the example walks through the layers,
// forward and backward, a card each. Its data is asked for when somebody looks: it is not part of the stream.

import type { Tokens } from "../../charts/tokens.js";
import type { RunRecord } from "../../data/record.js";
import type { RunStore, StoreEvent } from "../../data/store.js";
import { button, element } from "../dom.js";
import { layerNames } from "../lens/names.js";
import type { Host, Lack, Screen, View } from "../screen.js";
import { Card, type UnitView } from "./card.js";
import { Film } from "./film.js";
import { termsOf } from "./formulas.js";
import { Top } from "./top.js";
import { type Direction, floats, perUnit, Walk } from "./walk.js";

/** After this time a question that got no answer no longer holds up others. */
const PATIENCE_MS = 2_000;
const ARROWS: Readonly<Record<string, number>> = { ArrowRight: 1, ArrowLeft: -1 };

export class MicroscopeScreen implements Screen {
  readonly node: HTMLElement;
  readonly option: HTMLElement;
  readonly #host: Host;
  readonly #count: HTMLElement = element("span", "");
  readonly #top: Top;
  readonly #film: Film;
  readonly #card: Card;
  readonly #place: HTMLElement = element("span", "gb-Quiet gb-Microscope-place");
  readonly #back: HTMLButtonElement;
  readonly #next: HTMLButtonElement;
  #store: RunStore | undefined;
  #unsubscribe: () => void = () => undefined;
  #record: RunRecord | undefined;
  #walk: Walk | undefined;
  /** The example that was chosen; until then the one with the largest loss. */
  #example: number | undefined;
  /** The run's last step when the example was asked for. */
  #step = -1;
  #asked = "";
  /** When the question was asked that has not been answered yet. */
  #askedAt = Number.NEGATIVE_INFINITY;
  #refusal: string | undefined;

  constructor(host: Host) {
    const { trans } = host;
    this.#host = host;
    this.#top = new Top(trans);
    this.#film = new Film(
      trans,
      host.typeset,
      (layer, direction) => this.#visit(layer, direction),
      (layer, unit) => this.#walk?.choose(layer, unit),
    );
    this.#card = new Card(trans, host.typeset);
    const arrow = (text: string): HTMLElement => {
      const key = element("kbd", "", text);
      key.setAttribute("aria-hidden", "true");
      return key;
    };
    this.#back = button("gb-Button", trans.__("Back"), () => this.#go(-1), arrow("←"), trans.__("Back"));
    this.#next = button("gb-Button", trans.__("Next"), () => this.#go(1), trans.__("Next"), arrow("→"));
    const update = button("gb-Button gb-mod-main", trans.__("Update"), () => this.#takeStep());
    update.title = trans.__("Apply this step and pause at the next one");
    this.option = element(
      "div",
      "gb-Microscope-example",
      button("gb-IconButton", trans.__("Previous example"), () => this.#choose(-1), "◂"),
      this.#count,
      button("gb-IconButton", trans.__("Next example"), () => this.#choose(1), "▸"),
    );
    this.node = element(
      "div",
      "gb-Screen gb-Microscope",
      this.#top.node,
      this.#film.node,
      this.#card.node,
      element("div", "gb-Microscope-keys", this.#back, this.#next, this.#place, update),
    );
    this.node.addEventListener("keydown", (event) => this.#key(event));
  }

  lacks({ record, state }: View): Lack | undefined {
    const { trans } = this.#host;
    // another step may have what this one had not
    if (record.lastStep !== this.#step) this.#refusal = undefined;
    if (record.info.control?.paused) {
      return this.#refusal === undefined || this.#record !== record ? undefined : { text: this.#refusal };
    }
    if (record.info.status !== "running" || record.lost) {
      return {
        text: trans.__("This run has ended. Run its cell again, and pause it."),
      };
    }
    const text = trans.__(
      "Pause the run: one example of the batch then walks through the layers, with its numbers.",
    );
    if (state !== "connected") return { text };
    const run = (): void => {
      this.#host.send({ type: "control", run: record.info.id, action: "pause" });
    };
    return { text, action: { label: trans.__("Pause"), run } };
  }

  draw({ record, store, tokens }: View): void {
    if (store !== this.#store) {
      this.#unsubscribe();
      this.#store = store;
      this.#unsubscribe = store.subscribe((event) => this.#answer(event));
    }
    if (record !== this.#record) {
      this.#record = record;
      this.#walk = undefined;
      this.#example = undefined;
      this.#refusal = undefined;
    }
    this.#ask(record);
    const walk = this.#walk;
    this.node.classList.toggle("gb-mod-waiting", walk === undefined);
    this.option.hidden = walk === undefined;
    if (walk) this.#show(walk, record, tokens);
  }

  /** The card says all there is: no verdict below it. */
  statement(): undefined {
    return undefined;
  }

  dispose(): void {
    this.#unsubscribe();
  }

  #show(walk: Walk, record: RunRecord, tokens: Tokens): void {
    const { trans } = this.#host;
    const { info } = record;
    const { data } = walk.specimen;
    // Layers that the step has not gone through are not among the data.
    const all = layerNames(info.layers, trans);
    const place = (path: string): number => info.layers.findIndex((layer) => layer.path === path);
    const names = walk.layers.map(({ path }) => all[place(path)] ?? path);
    this.#count.replaceChildren(
      ...between(
        trans.__("Example %1 of %2", "\n", data.batchSize),
        element("b", "", String(data.example + 1)),
      ),
    );
    this.#top.draw(walk, tokens);
    this.#film.draw(walk, names, tokens);
    const described = info.layers[place(walk.layers[walk.layer]!.path)];
    const learningRate = currentRate(record);
    this.#card.draw(
      { walk, names, run: info, described, unit: this.#unit(walk), factor: ofExample(walk), learningRate },
      tokens,
    );
    const name = names[walk.layer]!;
    const where =
      walk.direction === "forward"
        ? trans.__("forward through %1", name)
        : trans.__("backward through %1", name);
    this.#place.textContent = `${trans.__("Card %1 of %2", walk.card + 1, walk.cards)} · ${where}`;
    this.#back.disabled = walk.card === 0;
    this.#next.disabled = walk.card === walk.cards - 1;
  }

  /** Asks for what the card needs and has not got: the example, and its unit's weights. Again after each step. */
  #ask(record: RunRecord): void {
    const { id } = record.info;
    const walk = this.#walk;
    // Another step has another batch: it opens on its own worst example.
    if (record.lastStep !== this.#step) {
      this.#step = record.lastStep;
      this.#example = undefined;
    }
    const unit = walk && {
      layer: record.info.layers.findIndex(({ path }) => path === walk.layers[walk.layer]!.path),
      index: walk.unit(walk.layer),
    };
    const question = {
      ...(this.#example !== undefined && { example: this.#example }),
      ...(unit && { unit }),
    };
    const asked = JSON.stringify([id, record.lastStep, question]);
    // One question at a time: whoever leafs through the cards fast wants the last one answered.
    const waits = performance.now() - this.#askedAt < PATIENCE_MS;
    if (asked === this.#asked || waits) return;
    if (!this.#host.send({ type: "microscope", run: id, ...question })) return;
    this.#asked = asked;
    this.#askedAt = performance.now();
  }

  #answer(event: StoreEvent): void {
    if (event.type !== "answer" || event.answer.run !== this.#record?.info.id) return;
    const { answer, buffer } = event;
    // for the lens
    if (answer.type === "batch") return;
    // other parts of the monitor ask, too, and are refused what is no concern of this one
    if (answer.type === "refused" && this.#askedAt > Number.NEGATIVE_INFINITY) this.#refusal = answer.text;
    this.#askedAt = Number.NEGATIVE_INFINITY;
    if (answer.type === "microscope" && buffer) {
      const specimen = { data: answer.data, numbers: floats(buffer) };
      this.#walk = this.#walk?.continued(specimen) ?? new Walk(specimen);
      this.#example = answer.data.example;
      this.#refusal = undefined;
    }
    this.#host.redraw();
  }

  /** The unit that is looked at in the card's layer. */
  #unit(walk: Walk): UnitView {
    const { data } = walk.specimen;
    const layer = walk.layers[walk.layer]!;
    const unit = walk.unit(walk.layer);
    const known = data.unit;
    const isThis =
      known !== undefined &&
      known.index === unit &&
      this.#record?.info.layers[known.layer]?.path === layer.path &&
      known.weights.length === layer.input.length &&
      perUnit(layer.shape) === 1;
    if (!isThis) return { unit, terms: undefined, weightGradients: undefined };
    const symbol = walk.layer === 0 ? "x" : "a";
    const terms = termsOf(symbol, walk.values(known.weights), walk.values(layer.input), known.bias);
    return { unit, terms, weightGradients: known.weightGradients && walk.values(known.weightGradients) };
  }

  #visit(layer: number, direction: Direction): void {
    this.#walk?.visit(layer, direction);
    this.#host.redraw();
  }

  #go(by: number): void {
    this.#walk?.go(this.#walk.card + by);
    this.#host.redraw();
  }

  #choose(by: number): void {
    const data = this.#walk?.specimen.data;
    if (!data) return;
    this.#example = (data.example + by + data.batchSize) % data.batchSize;
    this.#host.redraw();
  }

  #takeStep(): void {
    const run = this.#record?.info.id;
    if (run !== undefined) this.#host.send({ type: "control", run, action: "step" });
  }

  #key(event: KeyboardEvent): void {
    const by = ARROWS[event.key];
    if (by === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    this.#go(by);
    event.preventDefault();
    event.stopPropagation();
  }
}

/**
 * The factor from the gradient of the batch's loss to that of this example's own: the batch size where the loss is the
 * mean of the examples', which shows at the logits (p - y); 1 where that cannot be told.
 */
function ofExample(walk: Walk): number {
  const { probabilities, label, batchSize } = walk.specimen.data;
  const gradient = walk.layers.at(-1)?.gradient;
  if (!probabilities || label === undefined || !gradient || gradient.length !== probabilities.length)
    return 1;
  const [p, g] = [walk.values(probabilities), walk.values(gradient)];
  const isMean = p.every((value, i) => Math.abs(batchSize * g[i]! - (value - (i === label ? 1 : 0))) < 1e-3);
  return isMean ? batchSize : 1;
}

/** The learning rate of the last step that has told it. */
function currentRate(record: RunRecord): number {
  for (let row = record.count - 1; row >= 0; row--) {
    const rate = record.step(row, "learningRate");
    // The record keeps float32, people write few digits.
    if (Number.isFinite(rate)) return Number(rate.toPrecision(6));
  }
  return record.info.optimizer?.learningRate ?? Number.NaN;
}

/** A text with a node where it has a line break. */
function between(text: string, node: Node): (Node | string)[] {
  const [before = "", after = ""] = text.split("\n");
  return [before, node, after];
}
