// Convolutions: layers; the functions are in `functional`.

export {
  Conv1d,
  Conv2d,
  Conv3d,
  type ConvLayerOptions,
  ConvTranspose1d,
  ConvTranspose2d,
  ConvTranspose3d,
  type ConvTransposeLayerOptions,
  type PaddingMode,
} from "./layers.js";
export { Fold, Unfold } from "./unfold-layers.js";
