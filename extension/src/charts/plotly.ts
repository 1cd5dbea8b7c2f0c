// Plotly with the one trace that the monitor draws (scatter, which its core brings): a chunk of its own, fetched with the
// first chart.

export { purge, react, toImage } from "plotly.js/lib/core";
