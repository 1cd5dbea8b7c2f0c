// The film strip of the batch microscope: a small picture of each layer, activations above, gradients below, filled as the
// walk goes on. A click goes to the layer's card, and chooses the unit under the pointer.

import type { TranslationBundle } from "@jupyterlab/translation";
import {
  barGrid,
  type Colouring,
  paintBars,
  paintPicture,
  paintTile,
  tileGrid,
  unitOf,
} from "../../charts/tiles.js";
import type { Tokens } from "../../charts/tokens.js";
import { button, element } from "../dom.js";
import type { Direction, Walk } from "./walk.js";

type Typeset = (node: HTMLElement) => void;

interface Tile {
  readonly node: HTMLButtonElement;
  readonly canvas: HTMLCanvasElement;
}

export class Film {
  readonly node: HTMLElement = element("div", "gb-Film");
  readonly #trans: TranslationBundle;
  readonly #typeset: Typeset;
  readonly #onVisit: (layer: number, direction: Direction) => void;
  readonly #onUnit: (layer: number, unit: number) => void;
  #walk: Walk | undefined;
  #heads: HTMLElement[] = [];
  #tiles: Record<Direction, Tile[]> = { forward: [], backward: [] };
  #input: HTMLCanvasElement = element("canvas", "");
  #theme = "";

  constructor(
    trans: TranslationBundle,
    typeset: Typeset,
    onVisit: (layer: number, direction: Direction) => void,
    onUnit: (layer: number, unit: number) => void,
  ) {
    this.#trans = trans;
    this.#typeset = typeset;
    this.#onVisit = onVisit;
    this.#onUnit = onUnit;
    this.node.setAttribute("role", "group");
    this.node.setAttribute("aria-label", trans.__("Layers, activations above, gradients below"));
  }

  draw(walk: Walk, names: readonly string[], tokens: Tokens): void {
    const theme = tokens.density.join() + tokens.signed.join();
    if (walk !== this.#walk || theme !== this.#theme) {
      if (walk.layers.length !== this.#heads.length) this.#build(walk, names);
      this.#walk = walk;
      this.#theme = theme;
      this.#paint(walk, tokens);
    }
    for (const direction of ["forward", "backward"] as const) {
      for (const [layer, { node, canvas }] of this.#tiles[direction].entries()) {
        const isCurrent = layer === walk.layer;
        canvas.hidden = !walk.reached(layer, direction);
        node.classList.toggle("gb-mod-current", isCurrent && walk.reached(layer, direction));
        if (isCurrent && direction === walk.direction) node.setAttribute("aria-current", "step");
        else node.removeAttribute("aria-current");
      }
    }
    for (const [layer, head] of this.#heads.entries()) {
      head.classList.toggle("gb-mod-current", layer === walk.layer);
    }
    this.#reveal(this.#tiles.forward[walk.layer]?.node);
  }

  #build(walk: Walk, names: readonly string[]): void {
    const trans = this.#trans;
    const last = walk.layers.length - 1;
    this.#heads = walk.layers.map((_, layer) =>
      element("div", "gb-Film-head", layer === last ? trans.__("out") : String(layer + 1)),
    );
    const tiles = (direction: Direction): Tile[] =>
      walk.layers.map((_, layer) => this.#tile(layer, direction, names[layer]!));
    this.#tiles = { forward: tiles("forward"), backward: tiles("backward") };
    const symbol = element("div", "gb-Film-symbol", "\\(\\frac{\\partial L}{\\partial z}\\)");
    const columns = walk.layers.map((_, layer) =>
      element(
        "div",
        "gb-Film-column",
        this.#heads[layer]!,
        this.#tiles.forward[layer]!.node,
        this.#tiles.backward[layer]!.node,
      ),
    );
    this.node.replaceChildren(
      element(
        "div",
        "gb-Film-column",
        element("div", "gb-Film-head", trans.__("in")),
        element("div", "gb-Tile", this.#input),
        symbol,
      ),
      ...columns,
    );
    this.#typeset(symbol);
  }

  #tile(layer: number, direction: Direction, name: string): Tile {
    const canvas = element("canvas", "");
    const label =
      direction === "forward" ? this.#trans.__("%1, forward", name) : this.#trans.__("%1, backward", name);
    const node = button("gb-Tile", label, () => this.#onVisit(layer, direction), canvas);
    canvas.addEventListener("click", (event) => this.#pick(event, layer));
    return { node, canvas };
  }

  /** A click on a pixel chooses its unit; it goes on to the tile, which goes to the card. */
  #pick(event: MouseEvent, layer: number): void {
    const walk = this.#walk;
    const shape = walk?.layers[layer]?.shape;
    if (!walk || !shape) return;
    const hasBars = walk.specimen.data.probabilities && layer === walk.layers.length - 1;
    const grid = hasBars ? barGrid(shape[0]!) : tileGrid(shape);
    const box = (event.currentTarget as HTMLElement).getBoundingClientRect();
    const x = Math.floor(((event.clientX - box.left) / box.width) * grid.width);
    const y = Math.floor(((event.clientY - box.top) / box.height) * grid.height);
    const index = grid.at(Math.min(x, grid.width - 1), Math.min(y, grid.height - 1));
    if (index >= 0) this.#onUnit(layer, unitOf(index, shape));
  }

  #paint(walk: Walk, tokens: Tokens): void {
    const density: Colouring = { kind: "density", stops: tokens.density };
    const signed: Colouring = { kind: "signed", stops: tokens.signed };
    const { probabilities } = walk.specimen.data;
    for (const [layer, { activation, gradient, shape }] of walk.layers.entries()) {
      const [above, below] = [this.#tiles.forward[layer]!.canvas, this.#tiles.backward[layer]!.canvas];
      if (probabilities && layer === walk.layers.length - 1) {
        paintBars(above, walk.values(probabilities), [tokens.run, tokens.run]);
        if (gradient) paintBars(below, walk.values(gradient), [tokens.signed[0], tokens.signed[2]]);
        continue;
      }
      const grid = tileGrid(shape);
      const values = walk.values(activation);
      const isSigned = values.some((value) => value < 0);
      paintTile(above, values, grid, isSigned ? signed : density);
      if (gradient) paintTile(below, walk.values(gradient), grid, signed);
    }
    const { image, layers } = walk.specimen.data;
    if (image) paintPicture(this.#input, walk.values(image), image.shape, tokens.picture);
    else if (layers[0]) {
      const values = walk.values(layers[0].input);
      paintTile(this.#input, values, tileGrid([values.length]), signed);
    }
  }

  /** Keeps the current tile in the middle where the strip is longer than the panel. */
  #reveal(tile: HTMLElement | undefined): void {
    const column = tile?.parentElement;
    if (!column || this.node.scrollWidth <= this.node.clientWidth) return;
    this.node.scrollLeft = column.offsetLeft - (this.node.clientWidth - column.offsetWidth) / 2;
  }
}
