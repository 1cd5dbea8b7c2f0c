// What optimizers remember of a parameter whose gradient has become 0 decays to 0, and does not stay a subnormal number, which a
// processor takes a hundred times as long for: 2^-149 times 0.6 is 2^-149 again.

import * as gb from "gradbook";
import { closeSession } from "gradbook/tensor/session";
import { afterAll, expect, test } from "vitest";
import { valuesOf } from "../library/support.js";

const { optim, tensor } = gb;

afterAll(closeSession);

const betas = [0.6, 0.6] as const;
const OPTIMIZERS: Readonly<Record<string, (params: gb.Tensor[]) => gb.optim.Optimizer>> = {
  "SGD with momentum": (params) => new optim.SGD(params, { lr: 0.1, momentum: 0.6 }),
  Adam: (params) => new optim.Adam(params, { betas }),
  NAdam: (params) => new optim.NAdam(params, { betas }),
  RAdam: (params) => new optim.RAdam(params, { betas }),
  Adamax: (params) => new optim.Adamax(params, { betas }),
  Adadelta: (params) => new optim.Adadelta(params, { rho: 0.6 }),
  RMSprop: (params) => new optim.RMSprop(params, { alpha: 0.6, centered: true, momentum: 0.6 }),
  Lion: (params) => new optim.Lion(params, { betas }),
};

/** 0.6 to this power is less than any number; and the least normal one. */
const STEPS = 250;
const LEAST_NORMAL = 2 ** -126;

test.each(Object.entries(OPTIMIZERS))("%s", (_, make) => {
  const parameter = tensor([1, -2, 3]).requiresGrad_();
  const optimizer = make([parameter]);
  const stepAlong = (slope: number): void => {
    optimizer.zeroGrad();
    parameter.mul(slope).sum().backward();
    optimizer.step();
  };
  const remembered = (): number[] =>
    Object.values(optimizer.stateDict().state[0]!)
      .filter((value) => value instanceof gb.Tensor && value.shape.length === 1)
      .flatMap((value) => valuesOf(value as gb.Tensor));
  stepAlong(1);
  expect(remembered().some((value) => value !== 0)).toBe(true);
  for (let step = 0; step < STEPS; step++) stepAlong(0);
  expect(remembered().filter((value) => value !== 0 && Math.abs(value) < LEAST_NORMAL)).toEqual([]);
  expect(valuesOf(parameter).every(Number.isFinite)).toBe(true);
});
