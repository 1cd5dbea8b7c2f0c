// Optimizers: 20 steps of fitting tanh(X Wᵀ + b) Vᵀ to Y as PyTorch (or the paper's equations in float64) takes them, state dicts
// both ways, one plan for hundreds of steps, and what mistakes say.
//
// Criterion of the paths: max |ours - theirs| / max(|theirs|, root mean square of the row) <= 1e-4 after every step.

import * as gb from "gradbook";
import { closeSession, session } from "gradbook/tensor/session";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { decode, mismatch, TRAJECTORY_TOLERANCE } from "../parity/golden.js";
import { DEVICE, DEVICES, fromGolden, fromValues, sized, useDevice } from "../parity/library.js";
import { Coverage } from "../parity/report.js";
import { type AnyOptimizer, buildOptimizer, loadOptim, OPTIMIZERS, type OptimizerCase } from "./golden.js";

const { tensor } = gb;
const { optimizers, problem, saved, torch } = loadOptim();
const coverage = new Coverage(
  `optimizers: paths that agree with PyTorch ${torch} or the paper`,
  optimizers,
  (golden) => golden.optimizer,
);

afterAll(() => {
  closeSession();
  coverage.print();
});

type Name = "weight" | "bias" | "head";
const NAMES: readonly Name[] = ["weight", "bias", "head"];

/** The parameters of a case (as after `step` steps, or at the start), and its optimizer. */
class Fit {
  readonly leaves: Record<Name, gb.Tensor>;
  readonly optimizer: AnyOptimizer;
  private readonly features = fromGolden(problem.features);
  private readonly wanted = fromGolden(problem.wanted);

  constructor(golden: OptimizerCase, step = 0) {
    const row = step === 0 ? undefined : decode(golden.steps[step - 1]!);
    let offset = 0;
    const leaf = (name: Name): gb.Tensor => {
      const count = problem[name].data.length;
      offset += count;
      return row === undefined
        ? fromGolden(problem[name], true)
        : fromValues(row.slice(offset - count, offset), problem[name], true);
    };
    this.leaves = { weight: leaf("weight"), bias: leaf("bias"), head: leaf("head") };
    const { weight, bias, head } = this.leaves;
    const parameters =
      golden.groups === undefined
        ? golden.parameters.map((name) => this.leaves[name])
        : [
            { params: [weight, head], ...golden.groups[0] },
            { params: [bias], ...golden.groups[1] },
          ];
    this.optimizer = buildOptimizer(golden.optimizer, parameters, golden.options);
  }

  /** One step; all parameters after it, and the loss before it. */
  step(): number[] {
    const { weight, bias, head } = this.leaves;
    const loss = gb.F.linear(this.features, weight, bias)
      .tanh()
      .matmul(head.t())
      .sub(this.wanted)
      .square()
      .mean();
    for (const name of NAMES) this.leaves[name].grad = null;
    loss.backward();
    this.optimizer.step();
    return [...NAMES.flatMap((name) => [...this.leaves[name].toTypedArray()]), loss.item()];
  }
}

const wrongSteps = (fit: Fit, golden: OptimizerCase, from: number): string =>
  golden.steps
    .slice(from)
    .map((row, i) => mismatch(`step ${from + i}`, fit.step(), decode(row), TRAJECTORY_TOLERANCE))
    .filter((line) => line !== undefined)
    .join("\n");

describe.each(DEVICES)("%s", (device) => {
  beforeAll(() => useDevice(device));

  test.each(optimizers)("$id", (golden) => {
    coverage.count(device, golden, false);
    expect(wrongSteps(new Fit(golden), golden, 0)).toBe("");
    coverage.count(device, golden, true);
  });

  test.each(optimizers)("$id goes on from PyTorch's state", (golden) => {
    const fit = new Fit(golden, saved);
    const state = Object.fromEntries(
      golden.saved.map((entries, i) => [
        i,
        Object.fromEntries(
          Object.entries(entries).map(([name, { data, shape }]) => [
            name,
            fromValues(decode(data), { dtype: "float32", shape, data }),
          ]),
        ),
      ]),
    );
    fit.optimizer.loadStateDict({ ...fit.optimizer.stateDict(), state });
    expect(wrongSteps(fit, golden, saved)).toBe("");
  });

  test.each(optimizers)("$id saves PyTorch's state", (golden) => {
    const fit = new Fit(golden);
    for (let i = 0; i < saved; i++) fit.step();
    const { state, param_groups } = fit.optimizer.stateDict();
    golden.saved.forEach((entries, i) => {
      expect(Object.keys(state[i] ?? {}).sort()).toEqual(Object.keys(entries).sort());
      for (const [name, { shape, data }] of Object.entries(entries)) {
        const value = state[i]![name] as gb.Tensor;
        expect(value.shape).toEqual(shape);
        expect(mismatch(name, value.toTypedArray(), decode(data), TRAJECTORY_TOLERANCE)).toBeUndefined();
      }
    });
    for (const key of golden.groupKeys ?? []) expect(param_groups[0]).toHaveProperty(key);
    expect(param_groups.map(({ params }) => params)).toEqual(
      golden.groups === undefined ? [golden.parameters.map((_, i) => i)] : [[0, 1], [2]],
    );
  });
});

const NAMED = Object.keys(OPTIMIZERS) as (keyof typeof OPTIMIZERS)[];
const ALL_OPTIONS = new Map(optimizers.map((golden) => [golden.optimizer, golden.options]));

describe("any optimizer", () => {
  beforeAll(() => useDevice(DEVICE));

  const STEPS = sized(300, 60);
  test.each(NAMED)(`%s: one plan for ${STEPS} steps of changing rates`, (name) => {
    const weight = tensor(
      [
        [1, 2, 3],
        [4, 5, 6],
      ],
      { requiresGrad: true },
    );
    const optimizer = buildOptimizer(name, [weight], ALL_OPTIONS.get(name)!);
    const step = (): void => {
      weight.square().sum().backward();
      optimizer.step();
      optimizer.zeroGrad();
    };
    step();
    step();
    const before = session().statistics();
    for (let i = 0; i < STEPS; i++) {
      const group = optimizer.paramGroups[0]! as { lr: number; betas?: unknown[]; momentum?: number };
      group.lr = 0.1 / (1 + i);
      if (group.betas !== undefined) group.betas = [0.9 - i / 1000, group.betas[1]];
      if (group.momentum !== undefined && group.momentum > 0) group.momentum = 0.9 - i / 1000;
      step();
    }
    const after = session().statistics();
    expect(after.runs - before.runs).toBe(STEPS);
    // the second step may still have differed from all later ones
    expect(after.compiles - before.compiles).toBeLessThanOrEqual(1);
    expect([...weight.toTypedArray()].every(Number.isFinite)).toBe(true);
  });

  test.each(NAMED)("%s: a saved and loaded state goes on exactly", (name) => {
    const make = (values: number[][]): { weight: gb.Tensor; optimizer: AnyOptimizer } => {
      const weight = tensor(values, { requiresGrad: true });
      return { weight, optimizer: buildOptimizer(name, [weight], ALL_OPTIONS.get(name)!) };
    };
    const train = ({ weight, optimizer }: ReturnType<typeof make>): number[] => {
      for (let i = 0; i < 5; i++) optimizer.step(weight.sub(0.5).square().sum());
      return [...weight.toTypedArray()];
    };
    const first = make([
      [1, -2],
      [0.3, 4],
      [-1, 2],
    ]);
    train(first);
    const state = first.optimizer.stateDict();
    const second = make(first.weight.toArray() as number[][]);
    second.optimizer.loadStateDict(state);
    // the first one moves on before the second one has read its copy
    const expected = train(first);
    expect(train(second)).toEqual(expected);
    expect(first.weight.grad).toBeNull();
  });

  test("named parameters and late groups", () => {
    const model = gb.nn.Sequential(gb.nn.Linear(2, 3), gb.nn.Linear(3, 1));
    const optimizer = new gb.optim.Adam(model[0]!.namedParameters(), { lr: 0.1 });
    optimizer.addParamGroup({ params: model[1]!.parameters(), lr: 0.01, betas: [0.5, 0.9] });
    expect(optimizer.paramGroups.map(({ lr, betas, params }) => [lr, betas, params.length])).toEqual([
      [0.1, [0.9, 0.999], 2],
      [0.01, [0.5, 0.9], 2],
    ]);
    expect(() => optimizer.addParamGroup({ params: model[1]!.parameters() })).toThrow(/Adam: .*listed twice/);
    const before = [...model[1]!.parameters()[0]!.toTypedArray()];
    optimizer.step(model(tensor.ones(4, 2)).square().mean());
    expect([...model[1]!.parameters()[0]!.toTypedArray()]).not.toEqual(before);
  });
});

const leaf = (...shape: number[]): gb.Tensor => tensor.zeros(shape, { requiresGrad: true });

test.each<[string, () => unknown, RegExp]>([
  [
    "a share of 1",
    () => new gb.optim.Lion([leaf(2)], { betas: [0.9, 1] }),
    /Lion: betas\[1\] must be in \[0, 1\), got 1/,
  ],
  [
    "negative decay",
    () => new gb.optim.AdamW([leaf(2)], { weightDecay: -1 }),
    /AdamW: weightDecay must be a number >= 0, got -1/,
  ],
  [
    "etas",
    () => new gb.optim.Rprop([leaf(2)], { etas: [0.5, 0.9] }),
    /Rprop: etas\[1\] must be a number > 1, got 0.9/,
  ],
  ["NaN", () => new gb.optim.RMSprop([leaf(2)], { alpha: Number.NaN }), /RMSprop: alpha .* got NaN/],
  ["rho", () => new gb.optim.Adadelta([leaf(2)], { rho: 2 }), /Adadelta: rho must be in \[0, 1\], got 2/],
  [
    "a vector for Muon",
    () => new gb.optim.Muon([leaf(3, 2), leaf(3)]),
    /Muon: only changes matrices.*\[3\].*AdamW/s,
  ],
  [
    "adjustLrFn",
    () => new gb.optim.Muon([leaf(3, 2)], { adjustLrFn: "rms" as "original" }),
    /Muon: adjustLrFn must be original or match_rms_adamw, got rms/,
  ],
  [
    "an option of a group that is out of range",
    () => new gb.optim.Adam([{ params: [leaf(2)], eps: -1 }]),
    /Adam: eps must be a number >= 0, got -1/,
  ],
  [
    "an unknown option of a group",
    () => new gb.optim.SGD([{ params: [leaf(2)], learningRate: 1 } as { params: gb.Tensor[] }]),
    /SGD: has no option "learningRate".*lr, momentum/,
  ],
  [
    "an unknown option",
    () => new gb.optim.RMSprop([leaf(2)], { rho: 0.9 } as object),
    /RMSprop: has no option "rho"; it has lr, alpha/,
  ],
  [
    "a rate without its name",
    () => new gb.optim.SGD([leaf(2)], 0.1 as unknown as object),
    /SGD: options have names, and this is 0\.1; pass \{ lr: 0\.1 \}/,
  ],
  [
    "a rate without its name, where options have other defaults",
    () => new gb.optim.AdamW([leaf(2)], 0.1 as unknown as object),
    /AdamW: .*pass \{ lr: 0\.1 \}/,
  ],
  [
    "a state with other groups",
    () => new gb.optim.SGD([leaf(2)]).loadStateDict(new gb.optim.SGD([leaf(2), leaf(3)]).stateDict()),
    /SGD\.loadStateDict: .*\[2\] parameters, the optimizer of \[1\]/,
  ],
])("%s is told", (_what, mistake, message) => {
  expect(mistake).toThrow(message);
});

test("a state that does not fit changes nothing", () => {
  const small = leaf(2);
  const other = leaf(3);
  const [optimizer, source] = [new gb.optim.Adam([small]), new gb.optim.Adam([other], { lr: 0.5 })];
  source.step(other.sum());
  expect(() => optimizer.loadStateDict(source.stateDict())).toThrow(/exp_avg of parameter 0 has shape \[3\]/);
  expect(optimizer.paramGroups[0]!.lr).toBe(1e-3);
  expect(optimizer.stateDict().state).toEqual({});
});

test("PyTorch's nulls and its other keys are taken", () => {
  const weight = leaf(2);
  const optimizer = new gb.optim.SGD([weight], { lr: 0.5, momentum: 0.9 });
  const group = { lr: 0.25, momentum: 0.8, weight_decay: 0.1, foreach: null, initial_lr: 1, params: [0] };
  optimizer.loadStateDict({ state: { 0: { momentum_buffer: null } }, param_groups: [group] });
  expect(optimizer.paramGroups[0]).toMatchObject({ lr: 0.25, momentum: 0.8, weightDecay: 0.1, initialLr: 1 });
  expect(optimizer.stateDict().param_groups[0]).toMatchObject({ ...group, dampening: 0 });
  optimizer.step(weight.sum());
  expect(weight.toArray()).toEqual([-0.25, -0.25]);
});
