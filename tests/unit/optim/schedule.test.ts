// Learning-rate schedules: 60 steps as PyTorch takes them (learning rate and momentum of every group, within 1e-12 relative), and
// what PyTorch lacks: composition that keeps the cuts of a plateau, warm-up that starts low, previews.

import * as gb from "gradbook";
import { closeSession } from "gradbook/tensor/session";
import { afterAll, afterEach, describe, expect, test, vi } from "vitest";
import type { Options } from "../parity/golden.js";
import { Coverage } from "../parity/report.js";
import { type AnyOptimizer, buildOptimizer, loadOptim, type ScheduleSpec } from "./golden.js";

const { tensor, optim } = gb;
const { lrScheduler } = optim;
type Scheduler = gb.optim.lrScheduler.LRScheduler;
type RateFunction = gb.optim.lrScheduler.RateFunction;

const { schedulers, metrics, torch } = loadOptim();
const coverage = new Coverage(
  `schedules: 60 steps that agree with PyTorch ${torch} within 1e-12`,
  schedulers,
  (golden) => golden.scheduler,
);

afterAll(() => {
  closeSession();
  coverage.print();
});

/** The functions that tests/golden/make_optim.py uses, too. */
const LAMBDAS: Readonly<Record<string, RateFunction>> = {
  shrink: (epoch) => 0.95 ** epoch,
  inverse: (epoch) => 1 / (1 + epoch / 10),
  warm: (epoch) => Math.min((epoch + 1) / 10, 1),
  saw: (epoch) => 1 - (epoch % 7) / 10,
  nine: (epoch) => (epoch % 2 === 1 ? 0.9 : 1.05),
};

function make(spec: ScheduleSpec, optimizer: AnyOptimizer): Scheduler {
  const children = (spec.children ?? []).map((child) => make(child, optimizer));
  if (spec.name === "ChainedScheduler") return new lrScheduler.ChainedScheduler(children);
  if (spec.name === "SequentialLR") {
    return new lrScheduler.SequentialLR(optimizer, children, spec.milestones!);
  }
  const { lambda, options } = spec;
  const functions =
    typeof lambda === "string" ? [LAMBDAS[lambda]] : lambda && [lambda.map((name) => LAMBDAS[name])];
  const given = functions ?? [
    ...(spec.arguments ?? []),
    ...(Object.keys(options ?? {}).length > 0 ? [options] : []),
  ];
  const schedulers = { ...lrScheduler, SWALR: optim.swaUtils.SWALR };
  const Class = schedulers[spec.name as "LambdaLR"] as unknown as new (
    optimizer: AnyOptimizer,
    ...rest: unknown[]
  ) => Scheduler;
  return new Class(optimizer, ...given);
}

function setUp(name: string, options: Options, rates: readonly number[]): AnyOptimizer {
  const groups = rates.map((lr) => ({ params: [tensor([0], { requiresGrad: true })], lr }));
  return buildOptimizer(name, groups, { lr: 0.1, ...options });
}

type Group = gb.optim.GroupOptions & { momentum?: number; betas?: readonly number[] };
const groupsOf = (optimizer: AnyOptimizer): Group[] => optimizer.paramGroups as Group[];

const relative = (a: number, b: number): number => (a === b ? 0 : Math.abs(a - b) / Math.abs(b));

describe("PyTorch's schedules", () => {
  test.each(schedulers)("$id", (golden) => {
    coverage.count("library", golden, false);
    const optimizer = setUp(golden.base.optimizer, golden.base.options, golden.rates);
    const scheduler = make(golden.spec, optimizer);
    const wrong: string[] = [];
    golden.path.forEach((row, step) => {
      if (step > 0) scheduler.step(metrics[step - 1]!);
      row.forEach(([lr, momentum], i) => {
        const group = groupsOf(optimizer)[i]!;
        const found = [group.lr, group.momentum ?? group.betas![0]!] as const;
        // rates close to zero are what is left of cancellation
        const bad = Math.abs(found[0] - lr) > 1e-12 * Math.max(Math.abs(lr), 1e-3);
        if (bad || relative(found[1], momentum) > 1e-12)
          wrong.push(`step ${step}: ${found} instead of ${row[i]}`);
      });
    });
    expect(wrong.slice(0, 5)).toEqual([]);
    expect(scheduler.lastEpoch).toBe(60);
    expect(scheduler.getLastLr()).toEqual(groupsOf(optimizer).map(({ lr }) => lr));
    coverage.count("library", golden, true);
  });

  test.each(schedulers)("$id: preview and a saved state", (golden) => {
    const optimizer = setUp(golden.base.optimizer, golden.base.options, golden.rates);
    const scheduler = make(golden.spec, optimizer);
    for (let i = 0; i < 17; i++) scheduler.step(metrics[i]!);
    const groups = structuredClone(
      groupsOf(optimizer).map(({ params: _params, ...rest }: Group & { params?: unknown }) => rest),
    );
    const state = structuredClone(scheduler.stateDict());
    const preview = scheduler.preview(44);
    expect(scheduler.stateDict()).toEqual(state);
    expect(groupsOf(optimizer)).toMatchObject(groups);
    // another one goes on from here
    const other = setUp(golden.base.optimizer, golden.base.options, golden.rates);
    const second = make(golden.spec, other);
    other.loadStateDict(optimizer.stateDict());
    second.loadStateDict(state);
    const plateau = golden.scheduler === "ReduceLROnPlateau";
    const rest = Array.from({ length: 43 }, (_, i) => {
      scheduler.step(metrics[17 + i]!);
      second.step(metrics[17 + i]!);
      expect(groupsOf(other).map(({ lr }) => lr)).toEqual(groupsOf(optimizer).map(({ lr }) => lr));
      return groupsOf(optimizer)[0]!.lr;
    });
    // without metrics a plateau does not cut
    expect(preview).toEqual(plateau ? Array(44).fill(groups[0]!.lr) : [groups[0]!.lr, ...rest]);
  });
});

const sgd = (lr = 0.05): gb.optim.SGD => new optim.SGD([tensor([0], { requiresGrad: true })], { lr });
const round = (values: readonly number[]): number[] => values.map((value) => Number(value.toPrecision(12)));

/** Rates of the epochs when `scheduler` is stepped after each with one of the metrics. */
const epochs = (optimizer: gb.optim.SGD, scheduler: Scheduler, seen: readonly number[]): number[] =>
  round(
    seen.map((metric) => {
      const { lr } = optimizer.paramGroups[0]!;
      scheduler.step(metric);
      return lr;
    }),
  );

// the third value is the last improvement
const STUCK = [3, 2, 1, 1, 1, 1, 1, 1, 1];

describe("beyond PyTorch", () => {
  test("power scheduling halves after s steps, thirds after 2 s", () => {
    const preview = new lrScheduler.PowerLR(sgd(0.6), 20).preview(61);
    expect(round([preview[0]!, preview[20]!, preview[40]!, preview[60]!])).toEqual([0.6, 0.3, 0.2, 0.15]);
    const steep = new lrScheduler.PowerLR(sgd(1), 10, { power: 2 }).preview(11);
    expect(round([steep[10]!])).toEqual([0.25]);
  });

  test("warm-up starts low before the first step", () => {
    const optimizer = sgd();
    const scheduler = lrScheduler.warmup(optimizer, { steps: 3 });
    expect(round([optimizer.paramGroups[0]!.lr])).toEqual([0.005]);
    expect(round(scheduler.preview(5))).toEqual([0.005, 0.02, 0.035, 0.05, 0.05]);
  });

  test("warm-up, then a plateau whose cuts stay", () => {
    const optimizer = sgd();
    const plateau = new lrScheduler.ReduceLROnPlateau(optimizer, { patience: 2 });
    const scheduler = lrScheduler.warmup(plateau, { steps: 3 });
    expect(round(scheduler.preview(5))).toEqual([0.005, 0.02, 0.035, 0.05, 0.05]);
    // the plateau looks from epoch 3 on: 1, then three that are no better
    expect(epochs(optimizer, scheduler, STUCK)).toEqual([
      0.005, 0.02, 0.035, 0.05, 0.05, 0.05, 0.05, 0.005, 0.005,
    ]);
  });

  test("a lambda and a plateau that each write the rate lose the cuts, with a warning; composed they do not", () => {
    const warm = (epoch: number): number => Math.min((epoch + 1) / 3, 1);
    const options = { patience: 1, factor: 0.1 };
    const said = vi.spyOn(console, "warn").mockImplementation(() => undefined);

    const lost = sgd();
    const [first, second] = [
      new lrScheduler.LambdaLR(lost, warm),
      new lrScheduler.ReduceLROnPlateau(lost, options),
    ];
    const used = STUCK.map((metric) => {
      const { lr } = lost.paramGroups[0]!;
      first.step();
      second.step(metric);
      return lr;
    });
    expect(round(used)).toEqual(round([0.05 / 3, 0.1 / 3, 0.05, 0.05, 0.05, 0.005, 0.05, 0.005, 0.05]));
    expect(said).toHaveBeenCalledOnce();
    expect(said.mock.calls[0]![0]).toMatch(/LambdaLR replaces the learning rate 0\.005.*compose/s);
    said.mockClear();

    const kept = sgd();
    const scheduler = lrScheduler.compose(
      new lrScheduler.LambdaLR(kept, warm),
      new lrScheduler.ReduceLROnPlateau(kept, options),
    );
    expect(epochs(kept, scheduler, STUCK)).toEqual(
      round([0.05 / 3, 0.1 / 3, 0.05, 0.05, 0.05, 0.005, 0.005, 0.0005, 0.0005]),
    );
    expect(said).not.toHaveBeenCalled();
  });

  test("composed schedules multiply, also when one is a cycle or a composition, and can be saved", () => {
    const build = (): { optimizer: gb.optim.SGD; scheduler: Scheduler } => {
      const optimizer = new optim.SGD([tensor([0], { requiresGrad: true })], { lr: 0.4, momentum: 0.9 });
      const cycle = new lrScheduler.CyclicLR(optimizer, 0.4, 0.8, { stepSizeUp: 2 });
      const decay = new lrScheduler.ExponentialLR(optimizer, 0.5);
      const plateau = new lrScheduler.ReduceLROnPlateau(optimizer, { patience: 0, factor: 0.1 });
      return { optimizer, scheduler: lrScheduler.compose(cycle, lrScheduler.compose(decay, plateau)) };
    };
    const { optimizer, scheduler } = build();
    expect(round(scheduler.preview(5))).toEqual([0.4, 0.3, 0.2, 0.075, 0.025]);
    expect(optimizer.paramGroups[0]!.momentum).toBe(0.9);
    scheduler.step(1);
    expect(optimizer.paramGroups[0]!.momentum).toBeCloseTo(0.85, 12);
    scheduler.step(1);
    expect(round(scheduler.preview(3))).toEqual([0.02, 0.0075, 0.0025]);
    const again = build();
    again.optimizer.loadStateDict(optimizer.stateDict());
    again.scheduler.loadStateDict(structuredClone(scheduler.stateDict()));
    scheduler.step(0);
    again.scheduler.step(0);
    expect(again.scheduler.getLastLr()).toEqual(scheduler.getLastLr());
    expect(round(again.scheduler.preview(2))).toEqual([0.0075, 0.0025]);
  });

  test("a plateau as the second of a sequence starts from the full rate", () => {
    const optimizer = sgd();
    const scheduler = new lrScheduler.SequentialLR(
      optimizer,
      [
        new lrScheduler.LinearLR(optimizer, { startFactor: 0.1, totalIters: 3 }),
        new lrScheduler.ReduceLROnPlateau(optimizer, { patience: 1 }),
      ],
      [3],
    );
    expect(epochs(optimizer, scheduler, STUCK)).toEqual([
      0.005, 0.02, 0.035, 0.05, 0.05, 0.05, 0.005, 0.005, 0.0005,
    ]);
  });

  test("the rate is one number: what the optimizer uses, getLastLr and the preview agree", () => {
    const weight = tensor([0], { requiresGrad: true });
    const optimizer = new optim.SGD([weight], { lr: 1 });
    const scheduler = lrScheduler.warmup(optimizer, { steps: 4 });
    const expected = scheduler.preview(4);
    const used = expected.map(() => {
      const before = weight.item();
      optimizer.step(weight.sum());
      const moved = before - weight.item();
      expect(moved).toBeCloseTo(scheduler.getLastLr()[0]!, 6);
      scheduler.step();
      return moved;
    });
    used.forEach((moved, i) => {
      expect(moved).toBeCloseTo(expected[i]!, 6);
    });
  });

  test("a metric may be a tensor, and is only read where it counts", () => {
    const optimizer = sgd();
    const scheduler = new lrScheduler.ReduceLROnPlateau(optimizer, { patience: 0 });
    for (const value of [1, 2]) scheduler.step(tensor([value]).sum());
    expect(optimizer.paramGroups[0]!.lr).toBeCloseTo(0.005, 12);
    const metric = tensor([1]);
    const read = vi.spyOn(metric, "item");
    lrScheduler.warmup(sgd(), { steps: 2 }).step(metric);
    expect(read).not.toHaveBeenCalled();
  });

  test("a preview ends where the schedule does", () => {
    expect(
      new lrScheduler.OneCycleLR(sgd(), 1, { totalSteps: 5, cycleMomentum: false }).preview(100),
    ).toHaveLength(6);
  });
});

afterEach(() => {
  vi.restoreAllMocks();
});

test.each<[string, () => unknown, RegExp]>([
  [
    "a plateau without its metric",
    () => new lrScheduler.ReduceLROnPlateau(sgd()).step(undefined as never),
    /ReduceLROnPlateau\.step\(\): needs the metric/,
  ],
  [
    "a step past the end",
    () => {
      const scheduler = new lrScheduler.OneCycleLR(sgd(), 1, { totalSteps: 2, cycleMomentum: false });
      for (let i = 0; i < 3; i++) scheduler.step();
    },
    /OneCycleLR: step 4 of 2/,
  ],
  [
    "no steps at all",
    () => new lrScheduler.OneCycleLR(sgd(), 1, { epochs: 3 }),
    /OneCycleLR: totalSteps must be a whole number > 0 \(or give epochs/,
  ],
  [
    "no momentum to cycle",
    () => new lrScheduler.CyclicLR(new optim.Adagrad([tensor([0])]), 0.1, 1),
    /CyclicLR: Adagrad has no momentum.*cycleMomentum: false/,
  ],
  [
    "options first",
    () => new lrScheduler.StepLR(sgd(), { stepSize: 3 } as never),
    /StepLR: stepSize must be a whole number > 0, got options, which come after it: StepLR\(optimizer, stepSize/,
  ],
  [
    "a highest rate among the options",
    () => new lrScheduler.OneCycleLR(sgd(), { maxLr: 1, totalSteps: 9 } as never),
    /OneCycleLR: maxLr must be a number, or one for each group, got options, which come after it/,
  ],
  ["no optimizer", () => new lrScheduler.StepLR({ lr: 1 } as never, 3), /StepLR: needs an optimizer first/],
  [
    "an object in the place of a function",
    () => new lrScheduler.LambdaLR(sgd(), { lrLambda: () => 1 } as never),
    /LambdaLR: needs functions of the step, such as \(epoch\) => 0.95 \*\* epoch, got an object/,
  ],
  [
    "too few rates",
    () => new lrScheduler.LambdaLR(sgd(), [() => 1, () => 2]),
    /LambdaLR: got 2 values for 1 parameter groups/,
  ],
  [
    "milestones",
    () => {
      const optimizer = sgd();
      return new lrScheduler.SequentialLR(optimizer, [new lrScheduler.ConstantLR(optimizer)], [3]);
    },
    /SequentialLR: milestones must be one fewer than the 1 schedulers, got 1/,
  ],
  [
    "two optimizers",
    () => lrScheduler.compose(new lrScheduler.ConstantLR(sgd()), new lrScheduler.ConstantLR(sgd())),
    /compose: .*same optimizer/,
  ],
  [
    "a factor",
    () => new lrScheduler.LinearLR(sgd(), { startFactor: 0 }),
    /LinearLR: startFactor must be in \(0, 1\], got 0/,
  ],
])("%s is told", (_what, mistake, message) => {
  expect(mistake).toThrow(message);
});
