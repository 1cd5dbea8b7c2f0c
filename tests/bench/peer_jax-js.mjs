// mlp-sgd-32 on jax-js: its WebAssembly device, the whole step inside jit().
import { classifier, load, serve, versionOf } from "./peer_node.mjs";

const { defaultDevice, init, jit, nn, numpy: np, tree, valueAndGrad } = await load("@jax-js/jax");
await init("wasm");
defaultDevice("wasm");

function loss(layers, images, targets) {
  let x = images;
  layers.forEach(([weight, bias], i) => {
    x = np.dot(x, weight).add(bias);
    if (i < layers.length - 1) x = nn.relu(x);
  });
  return nn
    .logSoftmax(x)
    .mul(targets)
    .sum()
    .mul(-1 / 32);
}

const step = jit((layers, images, targets) => {
  const [value, gradients] = valueAndGrad(loss)(tree.ref(layers), images, targets);
  const update = (p, g) => p.sub(g.mul(0.05));
  return [value, layers.map(([w, b], i) => [update(w, gradients[i][0]), update(b, gradients[i][1])])];
});

await serve("jax-js", versionOf("@jax-js/jax"), async () => {
  const { images, labels, weights, biases } = await classifier();
  const array = ({ data, shape }) => np.array(data).reshape(shape);
  let layers = weights.map((weight, i) => [array(weight), array(biases[i])]);
  const x = array(images);
  const targets = new Float32Array(320);
  labels.data.forEach((label, i) => {
    targets[i * 10 + label] = 1;
  });
  const y = np.array(targets).reshape([32, 10]);
  let last = Number.NaN;
  return {
    run: async (iterations) => {
      for (let i = 0; i < iterations; i++) {
        const [value, next] = step(layers, x.ref, y.ref);
        layers = next;
        if (i === iterations - 1) last = (await value.data())[0];
        else value.dispose();
      }
    },
    value: () => last,
  };
});
