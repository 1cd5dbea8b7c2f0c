// Networks with one planted fault each, and the rules that may be named as its root cause.

import type { Case } from "./case.js";
import { LOOP_FAULTS } from "./loop-faults.js";
import { NETWORK_FAULTS } from "./network-faults.js";

export const FAULTS: readonly Case[] = [...NETWORK_FAULTS, ...LOOP_FAULTS];
