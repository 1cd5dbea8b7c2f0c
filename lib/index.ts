// gradbook: the public namespaces. (Grows with the rooms.)
export * from "./graph/dtype.js";
