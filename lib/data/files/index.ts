// Files of tensors: safetensors, .npy and .npz, and whole states.

export { FileFormatError } from "./errors.js";
export { loadNpy, loadNpz, type SaveNpzOptions, saveNpy, saveNpz } from "./npy.js";
export {
  inspectSafetensors,
  loadSafetensors,
  type SaveSafetensorsOptions,
  saveSafetensors,
} from "./safetensors.js";
export type { SafetensorsHeader, StoredTensor } from "./safetensors-header.js";
export { load, type Savable, save } from "./save.js";
