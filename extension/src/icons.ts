// Icons: the monitor's, a falling curve between two axes; and for what is out of date, a clock that an arrow turns back.

import { LabIcon } from "@jupyterlab/ui-components";

export const monitorIcon: LabIcon = new LabIcon({
  name: "gradbook:monitor",
  svgstr: `<svg xmlns="http://www.w3.org/2000/svg" width="16" height="16" viewBox="0 0 24 24">
  <path class="jp-icon3 jp-icon-selectable" fill="#616161" d="M3 3h2v16h16v2H3z"/>
  <path class="jp-icon-brand0 jp-icon-selectable" fill="#1976D2" d="M7.2 4.6c1.4 5.6 3.700 8.900 13.600 9.700l-.2 2.200C10.100 15.700 6.800 11.700 5.200 5.200z"/>
</svg>`,
});

/** Drawn with lines in the colour of the text around it. */
export const staleIcon: LabIcon = new LabIcon({
  name: "gradbook:stale",
  svgstr: `<svg xmlns="http://www.w3.org/2000/svg" width="16" height="16" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2">
  <path d="M4.5 8.5A8.5 8.5 0 1 1 3.6 13"/>
  <path d="M4 4v4.8h4.8"/>
  <path d="M12 7.5V12.3l3.2 2"/>
</svg>`,
});
