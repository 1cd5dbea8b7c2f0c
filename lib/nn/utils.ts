// The namespace `nn.utils`: limits on gradients and weights, penalties, parameters as a vector, computed weights.

export * from "./clip.js";
export * as parametrizations from "./parametrize.js";
export { parametersToVector, vectorToParameters } from "./vector.js";
