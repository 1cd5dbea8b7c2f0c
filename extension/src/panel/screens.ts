// The table of screens, in the order of their tabs and of the keys 1 to 5.

import { LearningScreen } from "./learning.js";
import type { ScreenKind } from "./screen.js";

export const SCREENS: readonly ScreenKind[] = [
  {
    name: "learning",
    label: (trans) => trans.__("Learning"),
    question: (trans) => trans.__("Is it learning?"),
    load: () => Promise.resolve((host) => new LearningScreen(host)),
  },
  {
    name: "signal",
    label: (trans) => trans.__("Signal by depth"),
    question: (trans) => trans.__("Does the signal flow?"),
    load: async () => {
      const { SignalScreen } = await import("./signal.js");
      return (host) => new SignalScreen(host);
    },
  },
  {
    name: "lens",
    label: (trans) => trans.__("Layer lens"),
    question: (trans) => trans.__("Which layer is sick?"),
    load: async () => {
      const { LensScreen } = await import("./lens/screen.js");
      return (host) => new LensScreen(host);
    },
  },
  {
    name: "microscope",
    label: (trans) => trans.__("Batch microscope"),
    question: (trans) => trans.__("What happens to one example?"),
    load: async () => {
      const { MicroscopeScreen } = await import("./microscope/screen.js");
      return (host) => new MicroscopeScreen(host);
    },
  },
  {
    name: "race",
    label: (trans) => trans.__("Race"),
    question: (trans) => trans.__("Which one learns faster?"),
    load: async () => {
      const { RaceScreen } = await import("./race/screen.js");
      return (host) => new RaceScreen(host);
    },
  },
];
