// The bundle of plotly.js that is fetched when the first chart is drawn: scatter and the other cartesian traces.
declare module "plotly.js/dist/plotly-cartesian.min.js" {
  import type * as Plotly from "plotly.js";

  const plotly: typeof Plotly;
  export default plotly;
}
