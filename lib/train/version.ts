// The library's version, for the records of runs; a test compares it with package.json.

export const VERSION = "0.1.0";
