// The bundle of plotly.js for figures of a notebook: scatter, bars, heat maps, contours and the other cartesian traces.
declare module "plotly.js/dist/plotly-cartesian.min.js" {
  import type * as Plotly from "plotly.js";

  const plotly: typeof Plotly;
  export default plotly;
}
