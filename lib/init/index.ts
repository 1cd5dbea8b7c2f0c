// Weight initialisation: PyTorch's `torch.nn.init`, plus LeCun and exact gains. All functions change the tensor in place and return it.

export { constant_, dirac_, eye_, ones_, zeros_ } from "./constant.js";
export { type Fans, fansOf } from "./fan.js";
export { calculateGain, type Nonlinearity } from "./gain.js";
export { orthogonal_ } from "./orthogonal.js";
export { type GeneratorOption, normal_, sparse_, truncNormal_, uniform_ } from "./random.js";
export {
  type KaimingOptions,
  kaimingNormal_,
  kaimingUniform_,
  lecunNormal_,
  lecunUniform_,
  type XavierOptions,
  xavierNormal_,
  xavierUniform_,
} from "./scaling.js";
