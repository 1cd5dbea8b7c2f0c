// What the diagnoses say, as templates: `{name}` is one of the finding's values, `{layer}` and `{step}` where it shows. The panel
// translates them, and the words among the values; `describe` fills them in English. Imports only types.

import type { HealthyId, RuleId } from "./diagnosis.js";

export interface Texts {
  /** What is wrong, in one sentence. */
  readonly sentence: string;
  /** Why it comes about. */
  readonly cause: string;
  /** The numbers it is concluded from. */
  readonly evidence: string;
  /** What to do. */
  readonly advice: string;
  /** For students instead of all this: what is seen, without cause or numbers ... */
  readonly symptom: string;
  /** ... where to look, and a question that leads there. */
  readonly hint: string;
}

export const TEXTS: { readonly [rule in RuleId]: Texts } = {
  "nan-input": {
    sentence: "The inputs are not finite from step {step} on.",
    cause:
      "The first layer gives NaN or infinity although its weights are finite: the batch has such values itself.",
    evidence: "First seen in the output of {layer} at step {step}.",
    advice:
      "Clean the data: look for empty fields, a division by zero, or a standard deviation of 0 in a standardisation.",
    symptom: "The numbers break down.",
    hint: "Follow the batch of step {step} on its way: at which point is the first value that is no number?",
  },
  nan: {
    sentence: "NaN or infinity from step {step} on: first in the {quantity} of {layer}.",
    cause: "The {quantity} of {layer} stopped being finite, and everything computed from it did, too.",
    evidence: "All that was measured before step {step} is finite.",
    advice:
      "Look for a logarithm or a square root of 0, an exponential of a large number or a division by 0 there; then try a lower learning rate or clipping (nn.utils.clipGradNorm_).",
    symptom: "The numbers break down.",
    hint: "Go to step {step} with the slider and from layer to layer: which quantity is the first that is no number, and what is computed there?",
  },
  "not-stepped": {
    sentence: "No optimizer steps this network: its weights stay as they are.",
    cause:
      "Either no optimizer.step() follows backward(), or the optimizer was given the parameters of another network, an earlier one of the same name for instance.",
    evidence: "After {count} calls of backward() or more no weight has changed.",
    advice:
      "Make the optimizer after the network, in the same cell, so that running the cell again makes both; call optimizer.step() after backward().",
    symptom: "Nothing is learned.",
    hint: "Print a weight before and after a step of your loop. Whose parameters was the optimizer given?",
  },
  "not-trained": {
    sentence: "{layer} never changes: no optimizer steps its weights.",
    cause: "Its weights get gradients, but they are not among the parameters that the optimizer was given.",
    evidence: "Gradient norm {norm}, and no update, while other layers move.",
    advice:
      "Give the optimizer all of model.parameters(), after the last layer was added or replaced; or freeze the layer on purpose.",
    symptom: "Not all layers take part in the training.",
    hint: "Compare the weights of each layer at the first and at the last step. Which optimizer was told of them?",
  },
  "evaluation-mode-training": {
    sentence: "The model trains in evaluation mode, for {steps} steps or more.",
    cause:
      "model.eval() was called and model.train() not after it: dropout is off, and batch norm uses its old statistics.",
    evidence: "At least {steps} steps in evaluation mode, the first at step {step}.",
    advice:
      "Call model.train() before each epoch, or evaluate within nn.evalMode(model, ...), which restores the mode.",
    symptom: "The network behaves otherwise than it was built to.",
    hint: "Which layers do something else while training? In which mode was the model when step {step} began?",
  },
  "kept-gradients": {
    sentence: "Gradients are not cleared: each step takes those of all steps before along.",
    cause:
      "backward() adds to what .grad holds, and zeroGrad() was not called after the step: old gradients push on, as with a momentum of 1.",
    evidence: "At least {steps} such steps, the first at step {step}.",
    advice: "Call optimizer.zeroGrad() after each step, or write optimizer.step(loss), which does all three.",
    symptom: "Steps go on where there is nothing to gain any more.",
    hint: "What does a parameter’s .grad hold when backward() begins at step {step}?",
  },
  "logit-activation": {
    sentence: "{activation} stands between the last layer and the loss.",
    cause:
      "Cross-entropy takes logits and applies softmax itself; what {activation} cuts off or squeezes cannot be expressed any more.",
    evidence: "{layer} gives the {classes} numbers that the loss reads, after {activation}.",
    advice: "Remove {activation} after the last layer; apply softmax only where probabilities are shown.",
    symptom: "The prediction cannot become what it should.",
    hint: "Look at the outputs of the last layer. Which values can they take, and which values does the loss expect?",
  },
  "input-scale": {
    sentence: "The inputs are about {rms} times as large as weights expect.",
    cause:
      "Initialisation assumes inputs of mean 0 and standard deviation 1; every sum in the first layer grows with them.",
    evidence: "Root mean square of the inputs {rms}; more than {threshold} is too much.",
    advice: "Scale the inputs: divide pixels by 255, or standardise with gb.data.Standardizer.",
    symptom: "The first layer is flooded.",
    hint: "Look at the input sums of layer 1 at step 0. What range do they have, and what range does the data have?",
  },
  "symmetric-weights": {
    sentence: "All weights of {layer} are equal, so all its units stay equal.",
    cause:
      "Equal units get equal gradients: no training step can tell them apart. Random weights break this symmetry.",
    evidence: "At step 0 each weight is {weight}.",
    advice:
      "Initialise weights randomly (init.kaimingNormal_, init.xavierUniform_); only biases may start equal.",
    symptom: "A layer has many units, but does the work of one.",
    hint: "Open the layer lens at step 0 and compare units of one layer. In what do they differ?",
  },
  "selu-conditions": {
    sentence: "SELU cannot normalise itself here: its condition on {condition} is broken.",
    cause:
      "Self-normalisation is proved for LeCun's weights (variance 1/n), standardised inputs, plain stacks of layers, and alpha dropout instead of dropout (Klambauer et al. 2017).",
    evidence:
      "{count} SELU layers; {condition}: {value} (wanted: n·Var = 1, input rms = 1, AlphaDropout, no normalisation, no skip connections).",
    advice:
      "Use init.lecunNormal_(layer.weight), standardised inputs and nn.AlphaDropout, and neither batch norm nor skip connections.",
    symptom: "The layers do not keep mean 0 and standard deviation 1.",
    hint: "SELU promises outputs of mean 0 and standard deviation 1 under four conditions. Which of them does this network fulfil?",
  },
  "default-initialisation": {
    sentence: "The signal fades: {count} layers of {activation} with PyTorch's default initialisation.",
    cause:
      "The default draws weights from U(−1/√n, 1/√n), a variance of 1/(3n), made for no activation in particular (pytorch#18182).",
    evidence: "Each layer passes on about 1/{factor} of the signal; {left} is left after {count}.",
    advice:
      "Use He initialisation (init.kaimingNormal_) for ReLU and its kin, Glorot's (init.xavierUniform_) for tanh and sigmoid, or normalise.",
    symptom: "The signal gets lost on its way through the layers.",
    hint: "Look at the spread of the first layers in the upper chart. By what factor does it change from one layer to the next, and what decides that factor?",
  },
  initialisation: {
    sentence: "Weights start {times} times too {direction} for {activation}, first in {layer}.",
    cause:
      "A sum over n inputs grows with √n times the weights' standard deviation: too large saturates or explodes, too small fades.",
    evidence:
      "Standard deviation {std} in {layer} at step 0; {best} keeps the signal. Over all layers the weights scale it by {total}.",
    advice:
      "Use He initialisation (init.kaimingNormal_) for ReLU and its kin, Glorot's (init.xavierUniform_) for tanh and sigmoid.",
    symptom: "The network starts from a bad place.",
    hint: "Look at the weights of {layer} at step 0. How large should they be, for that many inputs and this activation?",
  },
  "sigmoid-depth": {
    sentence: "{count} sigmoid layers in a row let the gradient fade.",
    cause:
      "A sigmoid's slope is at most 1/4, so each layer passes on at most a quarter of the gradient for weights that keep the signal.",
    evidence: "The first of them gets {share} of the gradient of the last: a factor of {factor} a layer.",
    advice: "Use ReLU with He initialisation, or batch normalisation between the layers.",
    symptom: "The first layers hardly learn.",
    hint: "Look at the gradient from right to left in the lower chart. How steep is a sigmoid at its steepest point?",
  },
  "tiny-batch-norm": {
    sentence: "Batch normalisation gets only {batch} examples at a time.",
    cause:
      "Mean and variance of so few examples are mostly chance, and differ from the running ones used in evaluation.",
    evidence: "Batches of {batch}; up to {threshold} are too few for one number an example.",
    advice: "Use larger batches, or nn.LayerNorm or nn.GroupNorm, which look at one example at a time.",
    symptom: "The normalisation is noisy.",
    hint: "From how many numbers does batch normalisation compute a mean here? How would it look with another batch?",
  },
  "weight-decay": {
    sentence: "A weight decay of {decay} pulls the weights to 0 faster than they learn.",
    cause:
      "Each step takes {share:percent} of every weight away, the learning rate times the weight decay: what one step learns is gone a few steps later.",
    evidence:
      "The weights are {left} times as large as at the start; the loss went from {start} to {recent}.",
    advice:
      "Start from 0.0001 with SGD or 0.01 with AdamW, and raise it only where the validation loss is far above the training loss.",
    symptom: "What is learned does not stay.",
    hint: "Follow the size of a layer’s weights from step to step. What else but the gradient changes them?",
  },
  "adaptive-rate": {
    sentence: "A learning rate of {rate} fits SGD, not {optimizer}.",
    cause:
      "{optimizer} divides by the gradient's size: each weight moves by about the learning rate in every step, however small its gradient.",
    evidence: "Rates from {threshold} on are rarely good; the default is about 0.001.",
    advice: "Start from 0.001, or let optim.lrRangeTest find the rate.",
    symptom: "The steps do not fit the optimizer.",
    hint: "How far does this optimizer move a weight in one step, and how large are the weights?",
  },
  "rate-too-high": {
    sentence: "The learning rate of {rate} is too high.",
    cause: "Each step goes past the valley and lands higher on the other side.",
    evidence: "The loss began at {start}, reached {highest}, and is now {recent}.",
    advice:
      "Divide the learning rate by 3 or 10 (a momentum of β multiplies it by up to 1/(1 − β)), start with a warm-up, or clip gradients.",
    symptom: "The loss does not go down the way it should.",
    hint: "Look at the loss of the first steps one by one. How far do the weights move in each, beside their size?",
  },
  "rate-too-low": {
    sentence: "The learning rate of {rate} is too low.",
    cause: "The steps are tiny beside the weights, so nothing changes in a reasonable time.",
    evidence:
      "A step changes the weights by {ratio} of their size (good: about {good}); the loss went from {start} to {recent}.",
    advice:
      "Multiply the learning rate by 10 until the loss falls visibly, or let optim.lrRangeTest find it.",
    symptom: "The loss hardly moves.",
    hint: "By what share of their size do the weights change in one step? How many steps would they need to change by half?",
  },
  "exploding-signal": {
    sentence: "The signal explodes on its way through the layers.",
    cause: "Each layer makes it larger, and the factors multiply.",
    evidence: "{ratio} times larger after {layers} layers at step {step}: a factor of {factor} a layer.",
    advice: "Use smaller weights that fit the activation, or normalisation layers.",
    symptom: "The layers do not pass on the signal as they got it.",
    hint: "Look at the upper chart from left to right at step {step}. What happens from one layer to the next?",
  },
  "vanishing-signal": {
    sentence: "The signal vanishes: the last layers see the same for every example.",
    cause: "Each layer passes on only a part of the difference between examples, and the parts multiply.",
    evidence:
      "{ratio} of the spread is left after {layers} layers at step {step}: divided by {factor} a layer.",
    advice: "Use weights that fit the activation (He, Glorot), or normalisation layers.",
    symptom: "The signal gets lost on its way through the layers.",
    hint: "Look at the spread of the layers in the upper chart at step {step}. What can the last layer still know of its input?",
  },
  "exploding-gradient": {
    sentence: "The gradient explodes.",
    cause: "Backward, each layer makes it larger, and the factors multiply.",
    evidence: "{ratio} times larger after {layers} layers at step {step}: a factor of {factor} a layer.",
    advice:
      "Clip it (nn.utils.clipGradNorm_(model.parameters(), 1)), lower the learning rate, and check the initialisation.",
    symptom: "The steps get out of hand.",
    hint: "Look at the lower chart from right to left at step {step}. Where does the gradient grow?",
  },
  "gradient-spike": {
    sentence: "The gradient of step {step} is out of all proportion.",
    cause:
      "The loss is steep there: an odd batch, or weights that a step too large has moved to a bad place.",
    evidence: "Its norm is {norm}; usual is {usual}, and {threshold} would be too much.",
    advice: "Clip gradients (nn.utils.clipGradNorm_(model.parameters(), 1)), or lower the learning rate.",
    symptom: "A step gets out of hand.",
    hint: "Look at the loss and the gradients just before and after step {step}. What was different about this batch?",
  },
  "vanishing-gradient": {
    sentence: "The gradient vanishes: the first layers get no signal to learn from.",
    cause: "Backward, each layer passes on only a part of the gradient, and the parts multiply.",
    evidence: "{ratio} of it arrives after {layers} layers at step {step}: divided by {factor} a layer.",
    advice: "Use ReLU-like activations with He initialisation, normalisation layers, or skip connections.",
    symptom: "The first layers hardly learn.",
    hint: "Look at the lower chart from right to left at step {step}. How much is left at layer 1?",
  },
  saturated: {
    sentence: "{layer} is saturated: {share:percent} of its outputs are stuck at an end.",
    cause: "On the flat parts of the activation the slope is nearly 0, so hardly any gradient gets through.",
    evidence: "{share:percent} saturated from step {step} on; {threshold:percent} is the line.",
    advice: "Use smaller initial weights, a lower learning rate, or normalisation before the activation.",
    symptom: "A layer has stopped answering to its inputs.",
    hint: "Look at the outputs of {layer} in the layer lens. On which part of the activation do they lie, and how steep is it there?",
  },
  "silent-units": {
    sentence: "{share:percent} of the units of {layer} are silent.",
    cause:
      "Their input sums are negative for every example, where the rectifier is flat: no gradient brings them back.",
    evidence: "No positive output for {examples} examples, from step {step} on.",
    advice: "Lower the learning rate, check biases and initialisation, or use leaky ReLU or ELU.",
    symptom: "A layer does less than it could.",
    hint: "Look at the outputs of {layer} in the layer lens. How many units ever give something else than 0?",
  },
  "initial-loss": {
    sentence: "The loss starts at {loss} instead of {expected}.",
    cause:
      "A network that knows nothing should guess evenly; this one starts sure of itself, and wrong: its logits are too large.",
    evidence: "With {classes} classes the loss of even guesses is ln {classes} = {expected}.",
    advice: "Make the output layer's initial weights smaller: divide them by 10.",
    symptom: "The loss starts in an odd place.",
    hint: "What would the loss be if all classes got the same probability? Why is it not that at step 0?",
  },
  "train-mode-evaluation": {
    sentence: "The model is evaluated in training mode.",
    cause:
      "Without model.eval(), dropout goes on dropping and batch norm uses the batch (and moves its statistics).",
    evidence:
      "At least {count} forward passes without gradients in training mode, with {kind} in {layer}; the first at step {step}.",
    advice: "Call model.eval() before and model.train() after, or evaluate within nn.evalMode(model, ...).",
    symptom: "The validation does not measure what will be used.",
    hint: "Which layers do something else while training? In which mode was the model during validation?",
  },
  "norm-momentum": {
    sentence: "Batch norm's running statistics follow too {pace}: momentum {momentum}.",
    cause:
      "PyTorch's momentum is the share of the new batch (Keras's that of the old value): the statistics reach back about {steps} steps.",
    evidence: "Momentum {momentum} in {layer}.",
    advice:
      "Use 0.1, or 0.01 for small batches in long trainings; norm.recalibrate takes the statistics anew.",
    symptom: "Training and evaluation see different networks.",
    hint: "How many batches do the running statistics remember? What does that do in evaluation?",
  },
  "frozen-statistics": {
    sentence: "{layer} is frozen, but its batch statistics still move.",
    cause: "requiresGrad stops the weights only; {kind} in training mode goes on averaging what it sees.",
    evidence: "No parameter of the layer is being learnt, and its {kind} is in training mode.",
    advice: "Use module.freeze(), which keeps the layer in evaluation mode as well.",
    symptom: "Something changes that should stand still.",
    hint: "Which numbers of the frozen layer are the same before and after an epoch, and which are not?",
  },
  "update-ratio": {
    sentence: "{layer} changes by {ratio} of its weights a step; about {good} is usual.",
    cause: "Steps far larger forget what was learnt, steps far smaller waste time.",
    evidence: "Norm of the update over norm of the weights: {ratio}.",
    advice: "Change the learning rate, for this layer's parameters alone if others are well.",
    symptom: "One layer learns at another speed.",
    hint: "Compare how far the layers' weights move in one step. Which one stands out?",
  },
  overfitting: {
    sentence: "Overfitting: validation was best at step {step}.",
    cause:
      "The network goes on fitting the training examples, chance included, which no longer helps with new ones.",
    evidence: "Validation loss rose from {best} to {last}, while the training loss fell to {trained}.",
    advice:
      "Stop at the best step (fit's earlyStopping), or use dropout, weight decay, a smaller network or more data.",
    symptom: "The two loss curves part.",
    hint: "Where is the validation loss lowest? What does the training loss do after that?",
  },
  plateau: {
    sentence: "The loss has stood still since step {step}.",
    cause:
      "Nothing that could be learnt from these inputs reaches the weights, or the targets do not depend on the inputs.",
    evidence: "Loss {loss}; it began at {start}.",
    advice: "Check that inputs and labels belong together, then try to overfit one single batch.",
    symptom: "The loss hardly moves.",
    hint: "Can the network learn ten examples by heart? If not, which layer keeps it from doing so?",
  },
};

/** What is said while nothing is wrong. */
export const HEALTHY: { readonly [id in HealthyId]: string } = {
  waiting: "Waiting for the first step.",
  started: "Nothing wrong so far.",
  learning: "Learning well: the loss fell from {start} to {loss}.",
  converged: "Learnt: the loss fell from {start} to {loss}.",
  steady: "Nothing wrong found; the loss is {loss}.",
};

/** Words that are filled into the texts. Values that are no numbers are one of these, or a name: of a class, or of a function. */
export const WORDS = [
  // quantities of a layer, and the loss
  "weights",
  "input",
  "input sum",
  "output",
  "gradient",
  "weight gradient",
  "loss",
  // too large or small weights, too fast or slow statistics
  "large",
  "small",
  "fast",
  "slow",
  // conditions of SELU, and what breaks them
  "initialisation",
  "inputs",
  "dropout",
  "normalisation",
  "plain stacking",
  "skip connection",
] as const;
