// What is said of a step on which a training has stopped, as templates: `{name}` is one of a phrase's values. The error of the cell
// says it in English, the panel in its reader's language. Imports nothing.

export const HALT_TEXTS = {
  // what is wrong with the step
  loss: "the loss is {loss}.",
  gradients: "the gradients are not finite, although the loss is.",
  grows: "on its way back through the layers the gradient grows {ratio} times, where {limit} is too much.",
  spike: "the norm of the gradients is {total}, and was {usual} until now.",
  // where the first number that is not finite comes from
  batch: "the batch already has NaN or infinity.",
  parameter: "the parameter {name} already has NaN or infinity.",
  layer: "{operation} in layer {layer} made the first number that is not finite.",
  layerDerivative: "the derivative of {operation} in layer {layer} made the first number that is not finite.",
  outside: "{operation} in the loss, outside of the model, made the first number that is not finite.",
  outsideDerivative:
    "the derivative of {operation} in the loss, outside of the model, made the first number that is not finite.",
  // why an operation does
  log: "The logarithm of 0 is -Infinity, that of a negative number NaN: keep its input above 0.",
  root: "A root has no derivative at 0 and none of negative numbers: add a small epsilon.",
  division: "Something is divided by 0: add a small epsilon.",
  exp: "exp overflows above 88: subtract the largest number first, as softmax does.",
} as const;

/** One sentence: a template, and what is filled into it: numbers as text, for JSON has no infinity, and names. */
export interface HaltPhrase {
  readonly text: keyof typeof HALT_TEXTS;
  readonly values: Readonly<Record<string, string>>;
}
