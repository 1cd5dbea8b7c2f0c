// What fit is not told, or told under another name, is said before anything is trained.

import { data, F, nn, optim, tensor, train } from "gradbook";
import { expect, test } from "vitest";

const model = nn.Linear(2, 1);
const batches = data.DataLoader(data.TensorDataset(tensor.ones(4, 2), tensor.ones(4, 1)), { batchSize: 2 });
const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 });

test.each<[string, object, string]>([
  [
    "the loss",
    { optimizer, loss: F.mseLoss, epochs: 1 },
    "fit: needs { lossFn }, such as nn.CrossEntropyLoss(), got nothing",
  ],
  [
    "the optimizer",
    { optimizer: "adam", lossFn: F.mseLoss, epochs: 1 },
    'fit: needs { optimizer }, made with model.parameters(), got "adam"',
  ],
  [
    "the epochs",
    { optimizer, lossFn: F.mseLoss, epochs: 1.5 },
    "fit: needs { epochs }, a whole number, got 1.5",
  ],
])("%s", async (_, options, message) => {
  const before = model.weight.toArray();
  await expect(train.fit(model, batches, options as never)).rejects.toThrow(message);
  expect(model.weight.toArray()).toEqual(before);
});
