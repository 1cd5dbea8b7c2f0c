// The namespace `autograd`: PyTorch's `torch.autograd` and `torch.autograd.functional`.

export { AutogradFunction as Function, type FunctionContext } from "./function.js";
export { type FunctionalOptions, hessian, hvp, jacobian, jvp, vhp, vjp } from "./functional.js";
export { backward, type GradOptions, grad } from "./grad.js";
export { type GradcheckOptions, gradcheck, gradgradcheck } from "./gradcheck.js";
