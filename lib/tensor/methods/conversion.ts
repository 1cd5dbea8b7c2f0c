// Methods that give the same values as another type.

import { BYTES, type DType } from "../../graph/dtype.js";
import * as ops from "../../graph/ops/index.js";
import { refuse } from "../arguments.js";
import { TensorBase } from "../base.js";
import type { Tensor } from "../tensor.js";

/** What PyTorch calls the places where tensors may be, and our names. */
const DEVICES: ReadonlySet<string> = new Set(["cpu", "cuda", "mps", "wasm", "webgpu"]);

export abstract class ConversionMethods extends TensorBase<Tensor> {
  /** These values as another type, or as the type of another tensor; this tensor where nothing changes.
   *  @example tensor([1.7, -1.7]).to("int32") // -> [1, -1] */
  to(dtype: DType | Tensor): Tensor {
    const wanted = typeof dtype === "string" ? dtype : dtype?.dtype;
    if (!Object.hasOwn(BYTES, wanted)) {
      if (DEVICES.has(wanted)) {
        throw new TypeError(
          `to: a tensor is not moved to ${JSON.stringify(wanted)}: gb.device("wasm") or gb.device("webgpu"), before anything is made, chooses where everything is computed`,
        );
      }
      refuse(dtype, "to", `a tensor, or one of ${Object.keys(BYTES).join(", ")}`);
    }
    return wanted === this.dtype ? (this as unknown as Tensor) : this.wrap(ops.cast(this.node, wanted));
  }
  /** As the type of another tensor.
   *  @example tensor([1, 2]).typeAs(tensor([true])).dtype // -> 'bool' */
  typeAs(other: Tensor): Tensor {
    return this.to(other);
  }
  /** As float32.
   *  @example tensor([true, false]).float() // -> [1, 0] */
  float(): Tensor {
    return this.to("float32");
  }
  /** As float16: half the memory, 11 bits of precision, values up to 65504. It is computed as float32 and rounded.
   *  @example tensor([0.1, 70000]).half() // -> [0.099976, Infinity] */
  half(): Tensor {
    return this.to("float16");
  }
  /** As uint8: whole numbers from 0 to 255.
   *  @example tensor([1.7, 255]).byte() // -> [1, 255] */
  byte(): Tensor {
    return this.to("uint8");
  }
  /** As int32, rounded towards zero.
   *  @example tensor([1.7, -1.7]).int() // -> [1, -1] */
  int(): Tensor {
    return this.to("int32");
  }
  /** As int32: there are no 64-bit integers.
   *  @example tensor([2.5]).long().dtype // -> 'int32' */
  long(): Tensor {
    return this.to("int32");
  }
  /** True where not 0.
   *  @example tensor([0, 2]).bool() // -> tensor([False,  True]) */
  bool(): Tensor {
    return this.to("bool");
  }
  /** This tensor: the engine lays values out itself.
   *  @example tensor([[1, 2]]).t().contiguous().shape // -> [2, 1] */
  contiguous(): Tensor {
    return this as unknown as Tensor;
  }
}
