// Which layers of a watched model get their input from several places, as the run's record says after the first forward pass.

import * as gb from "gradbook";
import { expect, test } from "vitest";

const { nn, tensor, watch } = gb;

/** Runs the layers of `model` as `forward` says, once, and gives the numbers of those whose input is joined. */
function joined(forward: (x: gb.Tensor, l: readonly ((x: gb.Tensor) => gb.Tensor)[]) => gb.Tensor): number[] {
  class Model extends nn.Module {
    readonly layers = Array.from({ length: 3 }, (_, i) =>
      nn.Sequential(nn.Linear(i === 2 ? 8 : 4, i === 2 ? 2 : 4), nn.BatchNorm1d(i === 2 ? 2 : 4), nn.SELU()),
    );
    override forward(x: gb.Tensor): gb.Tensor {
      return forward(x, this.layers as unknown as ((x: gb.Tensor) => gb.Tensor)[]);
    }
  }
  const model = new Model();
  const watcher = watch(model);
  (model as unknown as (x: gb.Tensor) => gb.Tensor)(tensor.randn(5, 4)).sum().backward();
  watcher.finish();
  return watcher.info.layers.flatMap((layer, i) => (layer.joined ? [i] : []));
}
const added = (layer: (x: gb.Tensor) => gb.Tensor, x: gb.Tensor): gb.Tensor => layer(x).add(x);
const twice = (x: gb.Tensor): gb.Tensor => x.repeat(1, 2);

test.each<[string, Parameters<typeof joined>[0], number[]]>([
  ["one after the other", (x, [a, b, c]) => c!(twice(b!(a!(x)))), []],
  [
    "dropout and scaling in between",
    (x, [a, b, c]) => c!(twice(gb.F.dropout(b!(a!(x).mul(2)), { training: true }))),
    [],
  ],
  ["a layer's output added to its input", (x, [a, b, c]) => c!(twice(added(b!, a!(x)))), [2]],
  ["the model's input added to an output", (x, [a, b, c]) => c!(twice(b!(a!(x).add(x)))), [1]],
  ["two outputs side by side", (x, [a, b, c]) => c!(tensor.cat([a!(x), b!(x)], 1)), [2]],
])("%s", (_name, forward, expected) => {
  expect(joined(forward)).toEqual(expected);
});
