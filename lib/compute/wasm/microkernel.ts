// The inner loops of matrix products, as one module that all plans import: micro-kernels for every number of rows, and the
// copies that bring operands into the order they want.

import { FunctionBuilder } from "./encoder.js";
import { I32, OP, V128, type ValueType } from "./instructions.js";
import { ModuleBuilder } from "./module.js";

/** How a micro-kernel finds the elements of its left operand. */
export type LeftOrder =
  /** The rows of one k side by side; parameter: bytes from one k to the next. */
  | "columns"
  /** The k of one row side by side; parameter: bytes from one row to the next. */
  | "rows";

export interface TileShape {
  /** Largest number of rows of a tile: there is a kernel for each number up to it. */
  readonly rows: number;
  /** Columns of a tile: a multiple of 4. */
  readonly columns: number;
  /** Whether fused multiply-add may be used. */
  readonly relaxed: boolean;
}

export const kernelName = (order: LeftOrder, rows: number): string => `${order}${rows}`;

/** left, its step, right, bytes from one k to the next there, the tile to start from and its row step, result and its row
 *  step (all in bytes), k. */
export const KERNEL_PARAMETERS: readonly ValueType[] = Array<ValueType>(9).fill(I32);
/** source, its row step, destination, its row step, rows, columns of the source. */
export const COPY_PARAMETERS: readonly ValueType[] = Array<ValueType>(6).fill(I32);
/** As above, with the bytes between columns of the source after its row step. */
export const GATHER_PARAMETERS: readonly ValueType[] = Array<ValueType>(7).fill(I32);

/** result tile = start tile + left (rows x k) * right (k x columns).
 *  The tile is loaded and stored as adjacent pairs of vectors even where it starts at zero: V8 merges exactly that pattern
 *  into 256-bit code (92 against 34 GFLOP/s for 6 x 16 at n = 960). */
function microkernel(order: LeftOrder, rows: number, shape: TileShape): FunctionBuilder {
  const f = new FunctionBuilder(KERNEL_PARAMETERS);
  const [left, leftStep, right, rightStep, start, startStep, result, resultStep, k] = [
    0, 1, 2, 3, 4, 5, 6, 7, 8,
  ] as const;
  const vectors = shape.columns / 4;
  const row = Array.from({ length: rows }, (_, i) => i);
  const column = Array.from({ length: vectors }, (_, j) => j);
  const sums = row.map(() => column.map(() => f.local(V128)));
  const right_ = column.map(() => f.local(V128));
  const left_ = f.local(V128);
  const pointers = order === "rows" ? row.map(() => f.local(I32)) : [];
  const moveBy = (local: number, step: number): void => {
    f.get(local);
    f.get(step);
    f.op(OP.i32_add);
    f.set(local);
  };
  for (const i of row) {
    for (const j of column) {
      f.get(start);
      f.memory(OP.v128_load, 16 * j);
      f.set(sums[i]![j]!);
    }
    if (i < rows - 1) moveBy(start, startStep);
  }
  pointers.forEach((pointer, i) => {
    f.get(i === 0 ? left : pointers[i - 1]!);
    if (i > 0) {
      f.get(leftStep);
      f.op(OP.i32_add);
    }
    f.set(pointer);
  });
  f.loop(() => {
    for (const j of column) {
      f.get(right);
      f.memory(OP.v128_load, 16 * j);
      f.set(right_[j]!);
    }
    for (const i of row) {
      f.get(order === "rows" ? pointers[i]! : left);
      f.memory(OP.v128_load32_splat, order === "rows" ? 0 : 4 * i);
      f.set(left_);
      for (const j of column) {
        if (shape.relaxed) {
          f.get(left_);
          f.get(right_[j]!);
          f.get(sums[i]![j]!);
          f.op(OP.f32x4_relaxed_madd);
        } else {
          f.get(sums[i]![j]!);
          f.get(left_);
          f.get(right_[j]!);
          f.op(OP.f32x4_mul);
          f.op(OP.f32x4_add);
        }
        f.set(sums[i]![j]!);
      }
    }
    if (order === "columns") moveBy(left, leftStep);
    for (const pointer of pointers) f.advance(pointer, 4);
    moveBy(right, rightStep);
    f.get(k);
    f.i32(1);
    f.op(OP.i32_sub);
    f.tee(k);
    f.branchIf();
  });
  for (const i of row) {
    for (const j of column) {
      f.get(result);
      f.get(sums[i]![j]!);
      f.memory(OP.v128_store, 16 * j);
    }
    if (i < rows - 1) moveBy(result, resultStep);
  }
  return f;
}

/** Runs `body` for `count` (a local; it is used up) steps of `step` as long as there are that many. */
function stepwise(f: FunctionBuilder, count: number, step: number, body: () => void): void {
  const enough = (): void => {
    f.get(count);
    f.i32(step);
    f.op(OP.i32_ge_s);
  };
  enough();
  f.if(() => {
    f.loop(() => {
      body();
      f.advance(count, -step);
      enough();
      f.branchIf();
    });
  });
}

function addStep(f: FunctionBuilder, pointer: number, step: number): void {
  f.get(pointer);
  f.get(step);
  f.op(OP.i32_add);
  f.set(pointer);
}

/** Copies rows of contiguous floats. */
function copyRows(): FunctionBuilder {
  const f = new FunctionBuilder(COPY_PARAMETERS);
  const [source, sourceStep, target, targetStep, rows, columns] = [0, 1, 2, 3, 4, 5] as const;
  stepwise(f, rows, 1, () => {
    const [from, to, left] = [f.copy(source), f.copy(target), f.copy(columns)];
    const move = (load: number, store: number, floats: number): void => {
      stepwise(f, left, floats, () => {
        for (let part = 0; part < Math.max(1, floats / 4); part++) {
          f.get(to);
          f.get(from);
          f.memory(load, 16 * part);
          f.memory(store, 16 * part);
        }
        f.advance(from, 4 * floats);
        f.advance(to, 4 * floats);
      });
    };
    move(OP.v128_load, OP.v128_store, 16);
    move(OP.v128_load, OP.v128_store, 4);
    move(OP.i32_load, OP.i32_store, 1);
    addStep(f, source, sourceStep);
    addStep(f, target, targetStep);
  });
  return f;
}

/** target[j][i] = source[i][j]: blocks of 4 x 4 in registers, edges one by one. */
function transpose(): FunctionBuilder {
  const f = new FunctionBuilder(COPY_PARAMETERS);
  const [source, sourceStep, target, targetStep, rows, columns] = [0, 1, 2, 3, 4, 5] as const;
  stepwise(f, rows, 4, () => {
    const [from, to, left] = [f.copy(source), f.copy(target), f.copy(columns)];
    stepwise(f, left, 4, () => transposeBlock(f, from, sourceStep, to, targetStep));
    stepwise(f, left, 1, () => {
      const pointer = f.copy(from);
      for (let i = 0; i < 4; i++) {
        f.get(to);
        f.get(pointer);
        f.memory(OP.i32_load, 0);
        f.memory(OP.i32_store, 4 * i);
        if (i < 3) addStep(f, pointer, sourceStep);
      }
      f.advance(from, 4);
      addStep(f, to, targetStep);
    });
    for (let i = 0; i < 4; i++) addStep(f, source, sourceStep);
    f.advance(target, 16);
  });
  stepwise(f, rows, 1, () => {
    const [from, to, left] = [f.copy(source), f.copy(target), f.copy(columns)];
    stepwise(f, left, 1, () => {
      f.get(to);
      f.get(from);
      f.memory(OP.i32_load, 0);
      f.memory(OP.i32_store, 0);
      f.advance(from, 4);
      addStep(f, to, targetStep);
    });
    addStep(f, source, sourceStep);
    f.advance(target, 4);
  });
  return f;
}

function transposeBlock(
  f: FunctionBuilder,
  from: number,
  sourceStep: number,
  to: number,
  targetStep: number,
): void {
  const pointer = f.copy(from);
  const row = [0, 1, 2, 3].map((i) => {
    const vector = f.local(V128);
    f.get(pointer);
    f.memory(OP.v128_load, 0);
    f.set(vector);
    if (i < 3) addStep(f, pointer, sourceStep);
    return vector;
  });
  const mix = (a: number, b: number, lanes: readonly [number, number, number, number]): number => {
    const mixed = f.local(V128);
    f.get(a);
    f.get(b);
    f.shuffle(lanes);
    f.set(mixed);
    return mixed;
  };
  const low01 = mix(row[0]!, row[1]!, [0, 4, 1, 5]);
  const high01 = mix(row[0]!, row[1]!, [2, 6, 3, 7]);
  const low23 = mix(row[2]!, row[3]!, [0, 4, 1, 5]);
  const high23 = mix(row[2]!, row[3]!, [2, 6, 3, 7]);
  const columns = [
    mix(low01, low23, [0, 1, 4, 5]),
    mix(low01, low23, [2, 3, 6, 7]),
    mix(high01, high23, [0, 1, 4, 5]),
    mix(high01, high23, [2, 3, 6, 7]),
  ];
  for (const column of columns) {
    f.get(to);
    f.get(column);
    f.memory(OP.v128_store, 0);
    addStep(f, to, targetStep);
  }
  f.advance(from, 16);
}

/** target[i][j] = source[i][j] where the columns of the source are any distance apart. */
function gather(): FunctionBuilder {
  const f = new FunctionBuilder(GATHER_PARAMETERS);
  const [source, sourceStep, columnStep, target, targetStep, rows, columns] = [0, 1, 2, 3, 4, 5, 6] as const;
  stepwise(f, rows, 1, () => {
    const [from, to, left] = [f.copy(source), f.copy(target), f.copy(columns)];
    stepwise(f, left, 1, () => {
      f.get(to);
      f.get(from);
      f.memory(OP.i32_load, 0);
      f.memory(OP.i32_store, 0);
      addStep(f, from, columnStep);
      f.advance(to, 4);
    });
    addStep(f, source, sourceStep);
    addStep(f, target, targetStep);
  });
  return f;
}

/** The library module; exports the kernels by `kernelName`, and "copyRows", "transpose" and "gather". */
export function encodeLibrary(shape: TileShape): Uint8Array<ArrayBuffer> {
  const module = new ModuleBuilder();
  for (const order of ["columns", "rows"] as const) {
    for (let rows = 1; rows <= shape.rows; rows++) {
      module.add(microkernel(order, rows, shape), kernelName(order, rows));
    }
  }
  module.add(copyRows(), "copyRows");
  module.add(transpose(), "transpose");
  module.add(gather(), "gather");
  return module.encode();
}
