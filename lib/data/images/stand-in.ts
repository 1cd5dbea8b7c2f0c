// Generated images that stand in for a set that cannot be had: of its shape and number of classes, learnable, not trivial. The
// same ones on every machine.

import { Generator } from "../../tensor/random/generator.js";
import type { RawImages } from "./source.js";

const CLASSES = 10;

/** Uniform numbers of a seed. */
function uniform(seed: number): (low: number, high: number) => number {
  const generator = new Generator(seed);
  return (low, high) => low + (high - low) * generator.uint32() * 2 ** -32;
}

/** Images of `pixels` bytes with labels in turn, each drawn by `draw(label, set)`. */
function drawn(
  count: number,
  pixels: number,
  draw: (label: number, set: (at: number, value: number) => void) => void,
): RawImages {
  const images = new Uint8Array(count * pixels);
  const labels = Uint8Array.from({ length: count }, (_, i) => i % CLASSES);
  for (const [i, label] of labels.entries()) {
    draw(label, (at, value) => {
      images[i * pixels + at] = value < 0 ? 0 : value > 255 ? 255 : Math.round(value);
    });
  }
  return { images, labels, count };
}

/** The segments that are lit for each digit: top, upper left, upper right, middle, lower left, lower right, bottom. */
const SEGMENTS = [
  "1110111",
  "0010010",
  "1011101",
  "1011011",
  "0111010",
  "1101011",
  "1101111",
  "1010010",
  "1111111",
  "1111011",
] as const;

/** [x, y, width, height] of each segment in units of the digit's width (1) and height (2). */
const BARS = [
  [0, 0, 1, 0],
  [0, 0, 0, 1],
  [1, 0, 0, 1],
  [0, 1, 1, 0],
  [0, 1, 0, 1],
  [1, 1, 0, 1],
  [0, 2, 1, 0],
] as const;

/** 28 x 28 digits of seven segments: moved, slanted, thick or thin, on a noisy ground. */
export function digits(count: number, seed: number): RawImages {
  const side = 28;
  const random = uniform(seed);
  return drawn(count, side * side, (label, set) => {
    const unit = random(7, 9);
    const [left, top] = [random(6, 14), random(3, 7)];
    const [slant, radius, ink] = [random(-0.2, 0.2), random(0.8, 1.9), random(150, 255)];
    const reach = (radius / unit) ** 2;
    const bars = BARS.filter((_, i) => SEGMENTS[label]![i] === "1");
    for (let y = 0; y < side; y++) {
      const v = (y - top) / unit;
      for (let x = 0; x < side; x++) {
        const u = (x - left) / unit + slant * (v - 1);
        let near = false;
        for (const [bx, by, width, height] of bars) {
          const du = Math.max(bx - u, 0, u - bx - width);
          const dv = Math.max(by - v, 0, v - by - height);
          near ||= du * du + dv * dv <= reach;
        }
        set(y * side + x, (near ? ink : 0) + random(-40, 40));
      }
    }
  });
}

/** 3 x 32 x 32 textures: waves whose direction, width and colour depend on the class, with other phases, colours and noise. */
export function textures(count: number, seed: number): RawImages {
  const side = 32;
  const random = uniform(seed);
  return drawn(count, 3 * side * side, (label, set) => {
    const angle = (label * Math.PI) / CLASSES + random(-0.12, 0.12);
    const wave = (label % 3 === 0 ? 0.5 : 0.8) * random(0.85, 1.15);
    const phase = random(0, 2 * Math.PI);
    const hue = label * 2.4 + random(-0.8, 0.8);
    const strength = random(25, 60);
    const grounds = [0, 1, 2].map((c) => 128 + 45 * Math.cos(hue + (c * 2 * Math.PI) / 3) + random(-30, 30));
    const [dx, dy] = [wave * Math.cos(angle), wave * Math.sin(angle)];
    for (let y = 0; y < side; y++) {
      for (let x = 0; x < side; x++) {
        const crest = strength * Math.sin(dx * x + dy * y + phase);
        for (const [channel, ground] of grounds.entries()) {
          set((channel * side + y) * side + x, ground + crest + random(-60, 60));
        }
      }
    }
  });
}
