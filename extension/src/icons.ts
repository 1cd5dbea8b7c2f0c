// The monitor's icon: a falling curve between two axes.

import { LabIcon } from "@jupyterlab/ui-components";

export const monitorIcon: LabIcon = new LabIcon({
  name: "gradbook:monitor",
  svgstr: `<svg xmlns="http://www.w3.org/2000/svg" width="16" height="16" viewBox="0 0 24 24">
  <path class="jp-icon3 jp-icon-selectable" fill="#616161" d="M3 3h2v16h16v2H3z"/>
  <path class="jp-icon-brand0 jp-icon-selectable" fill="#1976D2" d="M7.2 4.6c1.4 5.6 3.700 8.900 13.600 9.700l-.2 2.200C10.100 15.700 6.800 11.700 5.200 5.200z"/>
</svg>`,
});
