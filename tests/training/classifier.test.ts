// The chapter's classifiers trained for two epochs on all of Fashion-MNIST, against what PyTorch gives for the same lines.

import { closeSession } from "gradbook/tensor/session";
import { afterAll, describe, expect, test } from "vitest";
import { buildClassifier, evaluate, fashionMNIST, Training, whyNoData } from "../unit/parity/classifier.js";
import { type Curve, loadTraining } from "../unit/parity/golden.js";

const golden = loadTraining();
const noData = await whyNoData();
if (noData !== undefined) console.warn(`Fashion-MNIST: skipped. ${noData}`);

afterAll(closeSession);

type Epoch = Curve["epochs"][number];

async function train(sizes: readonly number[], batchNorm: boolean): Promise<Epoch[]> {
  const { train: all, test: held } = await fashionMNIST();
  const model = buildClassifier(sizes, batchNorm);
  const training = new Training(model, all);
  return [1, 2].map(() => {
    let [loss, correct, samples] = [0, 0, 0];
    for (const step of training.epoch()) {
      loss += step.loss * step.samples;
      correct += step.correct;
      samples += step.samples;
    }
    const result = evaluate(model, held);
    return {
      trainLoss: loss / samples,
      trainAccuracy: correct / samples,
      testLoss: result.loss,
      testAccuracy: result.accuracy,
    };
  });
}

const NAMES = ["trainLoss", "trainAccuracy", "testLoss", "testAccuracy"] as const;

/** How far ours is outside the range of PyTorch's runs, which differ in rounding only; the largest of the four numbers. */
function outside(ours: Epoch, theirs: readonly Epoch[]): number {
  return Math.max(
    ...NAMES.map((name) => {
      const values = theirs.map((epoch) => epoch[name]);
      return Math.max(Math.min(...values) - ours[name], ours[name] - Math.max(...values));
    }),
  );
}

function print(title: string, ours: readonly Epoch[], theirs: readonly Epoch[]): void {
  const line = (epoch: Epoch): string => NAMES.map((name) => `${name} ${epoch[name].toFixed(4)}`).join("  ");
  const rows = ours.flatMap((epoch, i) => [
    `  epoch ${i + 1}  ours     ${line(epoch)}`,
    `           PyTorch  ${line(theirs[i]!)}`,
  ]);
  console.log([title, ...rows].join("\n"));
}

describe.skipIf(noData !== undefined)(
  "784-300-100-10 on 60,000 images, batches of 32, SGD 0.05, He, seed 42",
  () => {
    let plain: Epoch[];

    test("without batch norm: loss and accuracy after 2 epochs are PyTorch's within 0.005", async () => {
      plain = await train([784, 300, 100, 10], false);
      const { classifier, classifierRounded } = golden;
      print("784-300-100-10", plain, classifier[0]!.epochs);
      expect(Math.abs(plain[1]!.trainLoss - classifier[0]!.epochs[1]!.trainLoss)).toBeLessThan(0.002);
      const runs = [...classifier.map(({ epochs }) => epochs), ...classifierRounded];
      expect(
        outside(
          plain[1]!,
          runs.map((epochs) => epochs[1]!),
        ),
      ).toBeLessThan(0.005);
    });

    test("with batch norm it is better, and PyTorch's within 0.005", async () => {
      const { classifierBatchNorm, classifierBatchNormRounded } = golden;
      const ours = await train([784, 300, 100, 10], true);
      print("784-300-100-10 with batch norm", ours, classifierBatchNorm[0]!.epochs);
      expect(ours[1]!.testAccuracy).toBeGreaterThan(plain[1]!.testAccuracy);
      expect(ours[1]!.testLoss).toBeLessThan(plain[1]!.testLoss);
      const runs = [...classifierBatchNorm.map(({ epochs }) => epochs), ...classifierBatchNormRounded];
      expect(
        outside(
          ours[1]!,
          runs.map((epochs) => epochs[1]!),
        ),
      ).toBeLessThan(0.005);
    });
  },
);
