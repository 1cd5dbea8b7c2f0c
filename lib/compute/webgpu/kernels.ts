// The shader of a kernel.

import type { GeneratedKernel, LoopKernel, MatmulKernel } from "../ir.js";
import { isPartial, Names } from "./expressions.js";
import { describeLayout, emitLoop, groupsFor, layOut, type SharedArrays, storesParts } from "./loop.js";
import { emitMatmul, invocations, TILES, tileFor, tilesOf } from "./matmul.js";
import { assemble, type Shader, Slots } from "./shader.js";

/** The shader that computes `kernel`, or undefined where there is nothing to compute. `guarded`: not once a check has failed. */
export function shaderFor(kernel: GeneratedKernel, guarded: boolean): Shader | undefined {
  if (kernel.kind === "matmul") return matmulShader(kernel, guarded);
  const loops = kernel.kind === "group" ? kernel.members : [kernel];
  return loopShader(
    loops.filter(({ outer }) => !outer.includes(0)),
    guarded,
  );
}

function matmulShader(kernel: MatmulKernel, guarded: boolean): Shader | undefined {
  const name = tileFor(kernel);
  const tile = TILES[name];
  const groups = tilesOf(kernel, tile);
  if (groups === 0) return undefined;
  const slots = new Slots();
  const { declarations, statements } = emitMatmul(kernel, tile, slots, new Names());
  return assemble({
    declarations,
    statements: lines(statements),
    slots: slots.list,
    groups,
    size: invocations(tile),
    atomic: kernel.outputs.some(({ value }) => isPartial(value.dtype)),
    guarded,
    how: `${groups} tiles of ${tile.rows} x ${tile.columns}, ${tile.depth} deep, blocks of ${tile.high} x ${tile.wide}`,
  });
}

/** Members of a group are functions, each for its range of workgroups. */
function loopShader(loops: readonly LoopKernel[], guarded: boolean): Shader | undefined {
  if (loops.length === 0) return undefined;
  const { layouts, size } = layOut(loops);
  const slots = new Slots();
  const names = new Names();
  const arrays: SharedArrays = new Map();
  const functions: string[] = [];
  const calls: string[] = [];
  let groups = 0;
  layouts.forEach((layout, i) => {
    const body = emitLoop(layout, size, slots, names, arrays);
    functions.push(`fn loop${i}(group: u32, local: u32) {\n${lines(body)}}`);
    const end = groups + groupsFor(layout, size);
    calls.push(`  if (group < ${end}u) { loop${i}(group - ${groups}u, local); return; }`);
    groups = end;
  });
  const shared = [...arrays].map(([name, type]) => `var<workgroup> ${name}: array<${type}, ${size}>;`);
  return assemble({
    declarations: [...shared, ...functions].join("\n"),
    statements: `${calls.join("\n")}\n`,
    slots: slots.list,
    groups,
    size,
    atomic: loops.some(storesParts),
    guarded,
    how: `${groups} workgroups of ${size}: ${[...new Set(layouts.map(describeLayout))].join("; ")}`,
  });
}

const lines = (list: readonly string[]): string => list.map((line) => `  ${line}\n`).join("");
