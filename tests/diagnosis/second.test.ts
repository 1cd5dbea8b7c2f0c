// The networks that the thresholds were not chosen with; see table.ts.

import { testSet } from "./table.js";

testSet("second");
