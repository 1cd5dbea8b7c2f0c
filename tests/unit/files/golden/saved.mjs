// Writes files for `make_files.py --check FOLDER`, which says what must be in them.

import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as gb from "gradbook";

const { data, nn, tensor } = gb;
const folder = process.argv[2];
const tensors = {
  x: tensor.arange(6).reshape(2, 3).float().div(4).transpose(0, 1),
  n: tensor([[-(2 ** 31), 2 ** 31 - 1]], { dtype: "int32" }),
  b: tensor([true, false]),
  scalar: tensor(2.5),
  empty: tensor.zeros(0, 3),
};
const counted = { ...tensors, "1.num_batches_tracked": tensor(7, { dtype: "int32" }) };
await data.saveSafetensors(join(folder, "saved.safetensors"), counted, { metadata: { made: "here" } });
await data.saveNpz(join(folder, "saved.npz"), tensors);
await data.saveNpz(join(folder, "saved-compressed.npz"), tensors, { compressed: true });
await data.saveNpy(join(folder, "saved.npy"), tensors.x);

const model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.ReLU(), nn.Linear(4, 2));
const golden = fileURLToPath(new URL("model.safetensors", import.meta.url));
model.loadStateDict(await data.loadSafetensors(golden));
await data.saveSafetensors(join(folder, "model.safetensors"), model.stateDict());
