// plot: figures for teaching, one line each.

export { type ActivationPlotOptions, activation } from "./activation.js";
export { type ConfusionOptions, confusion } from "./confusion.js";
export { type DistributionOptions, distribution } from "./distribution.js";
export { Figure, type FigureData, type Trace } from "./figure.js";
export { type ImagesOptions, images } from "./images.js";
export { type CompareOptions, compare, type Previewable, type ScheduleOptions, schedule } from "./lines.js";
export { type LossSurfaceOptions, lossSurface, type Stepping } from "./loss-surface.js";
