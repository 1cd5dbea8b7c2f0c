// All operations of the graph, by family.

export * from "./bits.js";
export * from "./elementwise.js";
export * from "./indexing.js";
export * from "./matmul.js";
export * from "./movement.js";
export * from "./pack.js";
export * from "./random.js";
export * from "./reduce.js";
export * from "./routines.js";
export * from "./summary.js";
export * from "./window.js";
