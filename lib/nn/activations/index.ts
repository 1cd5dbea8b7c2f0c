// Activation functions, as layers and as functions, by family.

export { LogSoftmax, Softmax, Softmax2d, Softmin } from "./distribution.js";
export { CELU, ELU, SELU } from "./exponential.js";
export { GEGLU, GLU, SwiGLU } from "./gated.js";
export { Hardshrink, Hardsigmoid, Hardswish, Hardtanh, ReLU6, Softshrink } from "./hard.js";
export { RReLU } from "./random.js";
export { LeakyReLU, PReLU, ReLU, ReLU2, Threshold } from "./rectifiers.js";
export { Sigmoid, Softsign, Tanh, Tanhshrink } from "./saturating.js";
export { GELU, LogSigmoid, Mish, SiLU, Softplus, Swish } from "./smooth.js";
