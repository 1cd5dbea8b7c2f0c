// The shader of a kernel.

import type { GeneratedKernel, LoopKernel, MatmulKernel } from "../ir.js";
import { Names } from "./expressions.js";
import { describeLayout, emitLoop, groupsFor, layOut, type SharedArrays } from "./loop.js";
import { emitInFours, groupsInFours, inFours, type LoopsInFours } from "./loop-in-fours.js";
import { emitMatmul } from "./matmul.js";
import { assemble, type Shader, Slots, UNLESS_FAILED } from "./shader.js";
import type { Target } from "./target.js";
import { invocations, tilesOf, usualTile } from "./tiles.js";
import { emitOnUnits, invocationsOnUnits, suitsUnits } from "./unit-product.js";

/** The shader that computes `kernel`, or undefined where there is nothing to compute. `guarded`: not once a check has failed. */
export function shaderFor(kernel: GeneratedKernel, guarded: boolean, target: Target): Shader | undefined {
  if (kernel.kind === "matmul") return matmulShader(kernel, guarded, target);
  const loops = kernel.kind === "group" ? kernel.members : [kernel];
  return loopShader(
    loops.filter(({ outer }) => !outer.includes(0)),
    guarded,
  );
}

function matmulShader(kernel: MatmulKernel, guarded: boolean, target: Target): Shader | undefined {
  const chosen = target.tileFor(kernel);
  const unit = chosen.onUnits && suitsUnits(kernel) ? target.unit : undefined;
  const tile = chosen.onUnits && unit === undefined ? usualTile(kernel) : chosen;
  const groups = tilesOf(kernel, tile);
  if (groups === 0) return undefined;
  const slots = new Slots();
  const { declarations, statements, results, access } = unit
    ? emitOnUnits(kernel, tile, unit, slots, new Names())
    : emitMatmul(kernel, tile, slots, new Names(), target.half);
  // tiles may take all of the workgroup memory there is: no room for a word about failed checks, and no barrier follows
  const late = guarded && unit === undefined;
  return assemble({
    declarations,
    statements: lines([...statements, ...(late ? [UNLESS_FAILED] : []), ...results]),
    slots: slots.list,
    groups,
    size: unit ? invocationsOnUnits(tile, unit) : invocations(tile),
    access,
    guarded: guarded && !late,
    how: [
      `${groups} tiles of ${tile.rows} x ${tile.columns}`,
      `${tile.depth} deep`,
      `blocks of ${tile.high} x ${tile.wide}`,
      ...halves(kernel),
      ...(unit ? ["on matrix units"] : []),
      ...(access === 4 || access === 2 ? ["in vectors"] : []),
    ].join(", "),
  });
}

/** In words: which factors are read as float16. */
function halves({ a, b }: MatmulKernel): string[] {
  const [left, right] = [a, b].map(({ dtype }) => dtype === "float16");
  if (left && right) return ["of float16"];
  return left || right ? [`with a ${left ? "left" : "right"} factor of float16`] : [];
}

/** Members of a group are functions, each for its range of workgroups. */
function loopShader(loops: readonly LoopKernel[], guarded: boolean): Shader | undefined {
  if (loops.length === 0) return undefined;
  const fours = inFours(loops);
  if (fours !== undefined) return shaderInFours(fours, guarded);
  const { layouts, size, access } = layOut(loops);
  const slots = new Slots();
  const names = new Names();
  const arrays: SharedArrays = new Map();
  const parts = layouts.map((layout) => ({
    body: emitLoop(layout, size, slots, names, arrays),
    groups: groupsFor(layout, size),
  }));
  const { functions, calls, groups } = sideBySide(parts);
  const shared = [...arrays].map(([name, type]) => `var<workgroup> ${name}: array<${type}, ${size}>;`);
  return assemble({
    declarations: [...shared, functions].join("\n"),
    statements: calls,
    slots: slots.list,
    groups,
    size,
    access,
    guarded,
    how: `${groups} workgroups of ${size}: ${[...new Set(layouts.map(describeLayout))].join("; ")}`,
  });
}

/** Invocations of a workgroup that computes four points each. */
const SIZE_IN_FOURS = 128;

function shaderInFours({ loops, access }: LoopsInFours, guarded: boolean): Shader {
  const slots = new Slots();
  const names = new Names();
  const parts = loops.map((loop) => ({
    body: emitInFours(loop, SIZE_IN_FOURS, slots, names),
    groups: groupsInFours(loop, SIZE_IN_FOURS),
  }));
  const { functions, calls, groups } = sideBySide(parts);
  return assemble({
    declarations: functions,
    statements: calls,
    slots: slots.list,
    groups,
    size: SIZE_IN_FOURS,
    access,
    guarded,
    how: `${groups} workgroups of ${SIZE_IN_FOURS}: four points an invocation, in vectors`,
  });
}

/** Bodies as functions, each for its range of workgroups. */
function sideBySide(parts: readonly { readonly body: readonly string[]; readonly groups: number }[]): {
  functions: string;
  calls: string;
  groups: number;
} {
  const functions: string[] = [];
  const calls: string[] = [];
  let groups = 0;
  parts.forEach(({ body, groups: own }, i) => {
    functions.push(`fn loop${i}(group: u32, local: u32) {\n${lines(body)}}`);
    calls.push(`  if (group < ${groups + own}u) { loop${i}(group - ${groups}u, local); return; }\n`);
    groups += own;
  });
  return { functions: functions.join("\n"), calls: calls.join(""), groups };
}

const lines = (list: readonly string[]): string => list.map((line) => `  ${line}\n`).join("");
