// Files of tensors: safetensors, .npy and .npz.

export { FileFormatError } from "./errors.js";
export { loadNpy, loadNpz, type SaveNpzOptions, saveNpy, saveNpz } from "./npy.js";
export {
  inspectSafetensors,
  loadSafetensors,
  type SaveSafetensorsOptions,
  saveSafetensors,
} from "./safetensors.js";
export type { SafetensorsHeader, StoredTensor } from "./safetensors-header.js";
