// What the monitor concludes and puts into words: how a race stands, what differs, a verdict at its levels, the factor from layer
// to layer; and what it writes as CSV and as a sketch.

import type { TranslationBundle } from "@jupyterlab/translation";
import { ROW_LENGTH, type RunInfo, sampleLength, stepColumn } from "gradbook/train/run";
import { describe, expect, it } from "vitest";
import { factorText } from "../../../extension/dist/charts/signal.js";
import { entriesOf } from "../../../extension/dist/data/entry.js";
import { RunRecord } from "../../../extension/dist/data/record.js";
import { layersCsv, stepsCsv } from "../../../extension/dist/panel/export/csv.js";
import { differs, factsOf } from "../../../extension/dist/panel/race/differences.js";
import { Sketch } from "../../../extension/dist/panel/race/sketch.js";
import { standing } from "../../../extension/dist/panel/race/standing.js";
import { statementOf } from "../../../extension/dist/panel/statement.js";

/** English as it is, with its places filled in. */
const fill = (text: string, ...values: unknown[]): string =>
  text.replace(/%(\d)/g, (_, place) => String(values[place - 1]));
const trans = {
  __: fill,
  _n: (one: string, many: string, n: number, ...values: unknown[]) => fill(n === 1 ? one : many, ...values),
} as unknown as TranslationBundle;

const info = (name: string, more: Partial<RunInfo> = {}): RunInfo => ({
  id: name,
  name,
  startedAt: "2026-01-01T00:00:00.000Z",
  status: "finished",
  device: "cpu",
  layers: [],
  classes: 10,
  ...more,
});

/** A run with a loss and a validation accuracy at each of its steps. */
function run(name: string, loss: readonly number[], accuracy: readonly number[]): RunRecord {
  const record = new RunRecord(info(name));
  for (const [step, value] of loss.entries()) {
    const row = new Float32Array(ROW_LENGTH).fill(Number.NaN);
    row[stepColumn("step")] = step;
    row[stepColumn("loss")] = value;
    row[stepColumn("validationAccuracy")] = accuracy[step] ?? Number.NaN;
    record.append(row, new Float32Array(0));
  }
  return record;
}

describe("a race", () => {
  const losses = [2.3, 2, 1.5, 1, 0.8];
  const alone = (...records: RunRecord[]) =>
    records.map((record) => ({ name: record.info.name, records: [record] }));

  it("is told by the highest level of accuracy that two have reached, and when", () => {
    const fast = run("fast", losses, [0.1, 0.6, 0.76, 0.8, 0.9]);
    const slow = run("slow", losses, [0.1, 0.3, 0.5, 0.7, 0.77]);
    expect(standing(alone(slow, fast), trans)!.sentence).toBe("fast is first to 75%: step 2, slow at 4.");
  });

  it("has one learner where the other guesses, and no standing where both do", () => {
    const learner = run("He", losses, [0.1, 0.3, 0.5, 0.7, 0.77]);
    const guessing = run("Sigmoid", losses, [0.1, 0.09, 0.1, 0.11, 0.1]);
    const sentence = "Only He has learnt so far: 77%, where guessing gives 10%.";
    expect(standing(alone(learner, guessing), trans)!.sentence).toBe(sentence);
    expect(standing(alone(guessing, guessing), trans)).toBeUndefined();
  });

  it("of several seeds is told by their medians", () => {
    const entry = (name: string, ...accuracies: number[][]) => ({
      name,
      records: accuracies.map((accuracy, seed) => run(`${name} ${seed}`, losses, accuracy)),
    });
    // the single lucky seed of the slow one would be first
    const slow = entry(
      "slow",
      [0.1, 0.9, 0.9, 0.9, 0.9],
      [0.1, 0.2, 0.3, 0.7, 0.8],
      [0.1, 0.2, 0.4, 0.5, 0.8],
    );
    const fast = entry(
      "fast",
      [0.1, 0.6, 0.8, 0.8, 0.9],
      [0.1, 0.1, 0.1, 0.1, 0.1],
      [0.1, 0.5, 0.8, 0.8, 0.8],
    );
    const { sentence, parts } = standing([slow, fast], trans)!;
    expect(sentence).toBe("fast is first to 80%: step 2, slow at 4.");
    expect(parts).toEqual([{ text: "Bold lines are medians of 3 seeds, thin lines single seeds." }]);
  });

  it("has an entry for each variant, with all its seeds, but two seeds of one may race each other", () => {
    const seeds = ["he", "he", "glorot", "glorot"].map(
      (variant, i) =>
        new RunRecord(
          info(`${variant} ${i}`, {
            id: String(i),
            race: { id: "r", lane: i >> 1, repeat: { variant, number: i % 2 } },
          }),
        ),
    );
    const [he, other, glorot] = seeds as [RunRecord, RunRecord, RunRecord, RunRecord];
    const told = (records: readonly RunRecord[]) =>
      entriesOf(records, seeds.values()).map(({ name, records: all }) => [
        name,
        all.map(({ info: { id } }) => id).join(),
      ]);
    expect(told([he, glorot])).toEqual([
      ["he", "0,1"],
      ["glorot", "2,3"],
    ]);
    expect(told([he, other])).toEqual([
      ["he 0", "0"],
      ["he 1", "1"],
    ]);
  });

  it("is told by the loss where nothing has an accuracy", () => {
    const [a, b] = [run("a", [4, 1, 1, 1], []), run("b", [4, 4, 1, 1], [])];
    expect(standing(alone(a, b), trans)!.sentence).toMatch(/^a is first to a loss of \d/);
  });

  it("shows what differs, and knows what does not", () => {
    const [a, b] = [
      info("a", { parameters: 1234, optimizer: { kind: "SGD", learningRate: 0.1 } }),
      info("b", { parameters: 1234, optimizer: { kind: "SGD", learningRate: 0.01 } }),
    ];
    const facts = factsOf([a, b], trans);
    expect(facts.filter(differs)).toEqual([{ name: "Learning rate", values: ["0.1", "0.01"] }]);
    expect(facts.find(({ name }) => name === "Parameters")!.values).toEqual(["1,234", "1,234"]);
  });
});

describe("a verdict", () => {
  const verdict = {
    step: 400,
    checks: 29,
    root: {
      rule: "sigmoid-depth" as const,
      severity: "error" as const,
      step: 3,
      values: { count: 12, share: 1e-9, factor: 7.2 },
      consequences: [
        {
          rule: "plateau" as const,
          severity: "warning" as const,
          step: 300,
          values: { loss: 2.3, start: 2.4 },
          consequences: [],
        },
      ],
    },
    others: [],
  };

  it("names cause and advice as an answer, with what follows folded away", () => {
    const { sentence, parts, folded, tone } = statementOf(verdict, new RunRecord(info("x")), "answer", trans);
    expect(sentence).toBe("12 sigmoid layers in a row let the gradient fade.");
    expect(parts.map(({ lead }) => lead)).toEqual(["Cause:", "Try:"]);
    expect(folded!.summary).toBe("1 consequence");
    expect(folded!.lines.at(-1)).toBe("The loss has stood still since step 300.");
    expect(tone).toBe("sick");
  });

  it("only asks at level hint, and gives no number away that answers", () => {
    const { sentence, parts, folded } = statementOf(verdict, new RunRecord(info("x")), "hint", trans);
    const said = [sentence, ...parts.map(({ text }) => text), ...folded!.lines].join(" ");
    expect(said).toContain("?");
    expect(said).not.toMatch(/7\.2|12|sigmoid layers in a row/);
  });
});

describe("a verdict without a fault", () => {
  const healthy = {
    step: 4,
    checks: 29,
    others: [],
    healthy: "learning" as const,
    values: { start: 2, loss: 1 },
  };
  const losses = [2, 1.5, 1.2, 1.1, 1];
  const parts = (record: RunRecord, more: Partial<typeof record.info> = {}): string[] => {
    record.info = { ...record.info, ...more };
    return statementOf(healthy, record, "answer", trans).parts.map(({ text }) => text);
  };

  it("says that there is no validation set once the run has ended, or is past its second epoch", () => {
    const missing = ["There is no validation set, so that learning and memorising look alike here."];
    const running = { status: "running" as const };
    expect(parts(run("x", losses, []))).toEqual(missing);
    expect(parts(run("x", losses, []), running)).toEqual([]);
    expect(parts(run("x", losses, []), { ...running, stepsPerEpoch: 3 })).toEqual([]);
    expect(parts(run("x", losses, []), { ...running, stepsPerEpoch: 2 })).toEqual(missing);
  });

  it("does not say so of a run that was validated, or that is at its beginning", () => {
    expect(parts(run("x", losses, [0.1, 0.5]))).toEqual([]);
    const beginning = statementOf({ ...healthy, healthy: "started" }, run("x", [2], []), "answer", trans);
    expect(beginning.parts).toEqual([]);
  });
});

describe("the factor from layer to layer", () => {
  const look = { trans } as Parameters<typeof factorText>[1];

  it("is the geometric mean, either way, above what float32 can tell apart", () => {
    const fading = Array.from({ length: 12 }, (_, layer) => 0.05 / 7.2 ** layer);
    expect(factorText(fading, look)).toBe("÷ 7.2 each layer");
    expect(factorText([...fading.slice(0, 6), 1e-7, 1e-7, 1e-7], look)).toBe("÷ 7.2 each layer");
    expect(factorText([1, 3, 9, 27], look)).toBe("× 3.0 each layer");
  });

  it("is left out where the signal keeps its size, and for two layers", () => {
    expect(factorText([1, 0.8, 0.9, 1.1], look)).toBe("");
    expect(factorText([1, 1e-3], look)).toBe("");
  });
});

describe("CSV", () => {
  it("has a line a step, and nothing where nothing was measured", () => {
    const lines = stepsCsv(run("x", [2.5, 1.25], []))
      .trim()
      .split("\n");
    expect(lines[0]!.split(",").slice(0, 3)).toEqual(["step", "seconds", "loss"]);
    expect(lines.slice(1).map((line) => line.split(",").slice(0, 4))).toEqual([
      ["0", "", "2.5", ""],
      ["1", "", "1.25", ""],
    ]);
  });

  it("has a line a layer and sample, with names in quotes where they need them", () => {
    const layers = [{ path: "0", label: 'Linear(2, 3) "a"', kind: "Linear" }];
    const record = new RunRecord(info("x", { layers }));
    const sample = new Float32Array(sampleLength(1)).fill(0.5);
    sample[0] = 7;
    record.append(new Float32Array(0), sample);
    expect(layersCsv(record).split("\n")[1]).toMatch(/^7,1,0,"Linear\(2, 3\) ""a""",0.5,0.5,/);
  });
});

describe("a sketch", () => {
  it("keeps what was drawn as points over the steps of the axis", () => {
    const sketch = new Sketch();
    expect(sketch.drawn).toBe(false);
    sketch.stroke(0, 2, 0.5, 1);
    const { x, y } = sketch.line([0, 1000]);
    expect([x[0], x.at(-1), y[0], y.at(-1)]).toEqual([0, 500, 2, 1]);
    expect(sketch.at(0.25)).toBeCloseTo(1.5, 6);
    expect(sketch.at(0.75)).toBeNaN();
    sketch.clear();
    expect(sketch.drawn).toBe(false);
  });
});
