// What layers are called on the screens: the last one "Output", the others "Hidden 1", "Hidden 2", ...

import type { TranslationBundle } from "@jupyterlab/translation";
import type { LayerInfo } from "gradbook/train/run";

export function layerNames(layers: readonly LayerInfo[], trans: TranslationBundle): string[] {
  return layers.map((_, index) =>
    index === layers.length - 1 && index > 0 ? trans.__("Output") : trans.__("Hidden %1", index + 1),
  );
}
