// mlp-sgd-32 on TensorFlow.js with its WebAssembly backend (XNNPACK, SIMD and as many threads as it takes in Node).
import { dirname } from "node:path";
import { classifier, load, resolve, serve, versionOf } from "./peer_node.mjs";

const tf = (await load("@tensorflow/tfjs")).default;
const wasm = await load("@tensorflow/tfjs-backend-wasm");
const { setWasmPaths } = wasm.default ?? wasm;
setWasmPaths(`${dirname(resolve("@tensorflow/tfjs-backend-wasm"))}/`);
await tf.setBackend("wasm");
await tf.ready();

await serve("tfjs-wasm", versionOf("@tensorflow/tfjs"), async () => {
  const { images, labels, weights, biases } = await classifier();
  const variable = ({ data, shape }) => tf.variable(tf.tensor(data, shape));
  const layers = weights.map((weight, i) => [variable(weight), variable(biases[i])]);
  const x = tf.tensor(images.data, images.shape);
  const y = tf.oneHot(tf.tensor1d(labels.data, "int32"), 10);
  const optimizer = tf.train.sgd(0.05);
  const loss = () =>
    tf.losses.softmaxCrossEntropy(
      y,
      layers.reduce((value, [weight, bias], i) => {
        const sum = value.matMul(weight).add(bias);
        return i < layers.length - 1 ? sum.relu() : sum;
      }, x),
    );
  let last = Number.NaN;
  return {
    run: async (iterations) => {
      for (let i = 0; i < iterations; i++) {
        const value = optimizer.minimize(loss, true);
        if (i === iterations - 1) last = (await value.data())[0];
        value.dispose();
      }
    },
    value: () => last,
  };
});
