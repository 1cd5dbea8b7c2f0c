// The namespace `norm`: the normalisation layers, and what needs other layers besides.

export * from "../norm/index.js";
export { fold } from "./fold.js";
