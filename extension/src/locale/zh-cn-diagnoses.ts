// The texts of the diagnoses in simplified Chinese, by their English originals in lib/train/diagnose/texts.ts.

import type { Catalogue } from "./zh-cn.js";

export const DIAGNOSES: Catalogue = {
  // while nothing is wrong
  "Waiting for the first step.": "等待第一步。",
  "Nothing wrong so far.": "目前没有问题。",
  "Learning well: the loss fell from {start} to {loss}.": "学得不错：损失从 {start} 降到了 {loss}。",
  "Learnt: the loss fell from {start} to {loss}.": "已学会：损失从 {start} 降到了 {loss}。",
  "Nothing wrong found; the loss is {loss}.": "未发现问题；损失为 {loss}。",

  // nan-input
  "The inputs are not finite from step {step} on.": "从第 {step} 步起，输入中出现非有限值。",
  "The first layer gives NaN or infinity although its weights are finite: the batch has such values itself.":
    "第一层的权重是有限的，却输出 NaN 或无穷大：这些值就在批次本身之中。",
  "First seen in the output of {layer} at step {step}.": "最早见于第 {step} 步{layer}的输出。",
  "Clean the data: look for empty fields, a division by zero, or a standard deviation of 0 in a standardisation.":
    "清理数据：检查空字段、除以零，或标准化时标准差为 0。",
  "The numbers break down.": "数值崩溃了。",
  "Follow the batch of step {step} on its way: at which point is the first value that is no number?":
    "跟随第 {step} 步的批次走一遍：第一个不是数的值出现在哪里？",

  // nan
  "NaN or infinity from step {step} on: first in the {quantity} of {layer}.":
    "从第 {step} 步起出现 NaN 或无穷大：最早在{layer}的{quantity}中。",
  "The {quantity} of {layer} stopped being finite, and everything computed from it did, too.":
    "{layer}的{quantity}不再有限，由它算出的一切也随之如此。",
  "All that was measured before step {step} is finite.": "第 {step} 步之前测得的值全部有限。",
  "Look for a logarithm or a square root of 0, an exponential of a large number or a division by 0 there; then try a lower learning rate or clipping (nn.utils.clipGradNorm_).":
    "在那里查找对 0 取对数或开方、对大数取指数、或除以 0；然后尝试更低的学习率或梯度裁剪（nn.utils.clipGradNorm_）。",
  "Go to step {step} with the slider and from layer to layer: which quantity is the first that is no number, and what is computed there?":
    "用滑块移到第 {step} 步，逐层查看：哪个量最先不是数？那里在算什么？",

  // not-stepped
  "No optimizer steps this network: its weights stay as they are.":
    "没有优化器更新这个网络：它的权重始终不变。",
  "Either no optimizer.step() follows backward(), or the optimizer was given the parameters of another network, an earlier one of the same name for instance.":
    "backward() 之后没有调用 optimizer.step()，或者交给优化器的是另一个网络的参数，例如先前同名的网络。",
  "After {count} calls of backward() or more no weight has changed.":
    "backward() 至少调用了 {count} 次，没有任何权重改变。",
  "Make the optimizer after the network, in the same cell, so that running the cell again makes both; call optimizer.step() after backward().":
    "在同一个单元格中先建网络、再建优化器，重新运行时两者一同新建；在 backward() 之后调用 optimizer.step()。",
  "Nothing is learned.": "什么都没有学到。",
  "Print a weight before and after a step of your loop. Whose parameters was the optimizer given?":
    "在循环的一步之前和之后各打印一个权重。交给优化器的是谁的参数？",

  // not-trained
  "{layer} never changes: no optimizer steps its weights.": "{layer}从不改变：没有优化器更新它的权重。",
  "Its weights get gradients, but they are not among the parameters that the optimizer was given.":
    "它的权重有梯度，但不在交给优化器的参数之中。",
  "Gradient norm {norm}, and no update, while other layers move.":
    "梯度范数 {norm}，但没有任何更新，而其他层在变化。",
  "Give the optimizer all of model.parameters(), after the last layer was added or replaced; or freeze the layer on purpose.":
    "在添加或替换最后一层之后，把全部 model.parameters() 交给优化器；或者有意冻结该层。",
  "Not all layers take part in the training.": "并非所有层都参与训练。",
  "Compare the weights of each layer at the first and at the last step. Which optimizer was told of them?":
    "比较各层在第一步与最后一步的权重。哪个优化器知道它们？",

  // evaluation-mode-training
  "The model trains in evaluation mode, for {steps} steps or more.":
    "模型以评估模式训练，已有 {steps} 步或更多。",
  "model.eval() was called and model.train() not after it: dropout is off, and batch norm uses its old statistics.":
    "调用了 model.eval() 而之后没有调用 model.train()：dropout 被关闭，批归一化使用旧的统计量。",
  "At least {steps} steps in evaluation mode, the first at step {step}.":
    "至少有 {steps} 步处于评估模式，最早在第 {step} 步。",
  "Call model.train() before each epoch, or evaluate within nn.evalMode(model, ...), which restores the mode.":
    "每轮之前调用 model.train()，或在 nn.evalMode(model, ...) 中评估，它会恢复模式。",
  "The network behaves otherwise than it was built to.": "网络的行为与设计的不同。",
  "Which layers do something else while training? In which mode was the model when step {step} began?":
    "哪些层在训练时行为不同？第 {step} 步开始时模型处于哪种模式？",

  // kept-gradients
  "Gradients are not cleared: each step takes those of all steps before along.":
    "梯度没有被清零：每一步都带上了之前所有步的梯度。",
  "backward() adds to what .grad holds, and zeroGrad() was not called after the step: old gradients push on, as with a momentum of 1.":
    "backward() 会累加到已有的梯度上，而这一步之后没有调用 zeroGrad()：旧梯度像动量为 1 那样继续推动。",
  "At least {steps} such steps, the first at step {step}.": "至少有 {steps} 个这样的步，最早在第 {step} 步。",
  "Call optimizer.zeroGrad() after each step, or write optimizer.step(loss), which does all three.":
    "每一步之后调用 optimizer.zeroGrad()，或写 optimizer.step(loss)，它一次完成三者。",
  "Steps go on where there is nothing to gain any more.": "更新一直沿着已无收益的方向前进。",
  "What does a parameter’s .grad hold when backward() begins at step {step}?":
    "第 {step} 步 backward() 开始时，参数的 .grad 里有什么？",

  // logit-activation
  "{activation} stands between the last layer and the loss.": "最后一层与损失之间有 {activation}。",
  "Cross-entropy takes logits and applies softmax itself; what {activation} cuts off or squeezes cannot be expressed any more.":
    "交叉熵接收 logits 并自行做 softmax；被 {activation} 截断或压缩的内容就再也表达不出来了。",
  "{layer} gives the {classes} numbers that the loss reads, after {activation}.":
    "{layer}经过 {activation} 给出损失所读取的 {classes} 个数。",
  "Remove {activation} after the last layer; apply softmax only where probabilities are shown.":
    "去掉最后一层之后的 {activation}；只在显示概率时才用 softmax。",
  "The prediction cannot become what it should.": "预测达不到应有的值。",
  "Look at the outputs of the last layer. Which values can they take, and which values does the loss expect?":
    "看最后一层的输出。它们能取哪些值？损失期望的又是哪些值？",

  // input-scale
  "The inputs are about {rms} times as large as weights expect.": "输入约为权重所预期的 {rms} 倍。",
  "Initialisation assumes inputs of mean 0 and standard deviation 1; every sum in the first layer grows with them.":
    "初始化假定输入均值为 0、标准差为 1；第一层的每个和都随输入变大。",
  "Root mean square of the inputs {rms}; more than {threshold} is too much.":
    "输入的均方根为 {rms}；超过 {threshold} 就太大了。",
  "Scale the inputs: divide pixels by 255, or standardise with gb.data.Standardizer.":
    "缩放输入：像素除以 255，或用 gb.data.Standardizer 标准化。",
  "The first layer is flooded.": "第一层被淹没了。",
  "Look at the input sums of layer 1 at step 0. What range do they have, and what range does the data have?":
    "看第 0 步第 1 层的输入和。它们的范围是多少？数据的范围又是多少？",

  // symmetric-weights
  "All weights of {layer} are equal, so all its units stay equal.":
    "{layer}的权重全部相等，所以它的单元始终相同。",
  "Equal units get equal gradients: no training step can tell them apart. Random weights break this symmetry.":
    "相同的单元得到相同的梯度：任何训练步都无法区分它们。随机权重会打破这种对称。",
  "At step 0 each weight is {weight}.": "第 0 步时每个权重都是 {weight}。",
  "Initialise weights randomly (init.kaimingNormal_, init.xavierUniform_); only biases may start equal.":
    "随机初始化权重（init.kaimingNormal_、init.xavierUniform_）；只有偏置可以相同。",
  "A layer has many units, but does the work of one.": "一层有许多单元，却只做了一个单元的工作。",
  "Open the layer lens at step 0 and compare units of one layer. In what do they differ?":
    "在第 0 步打开层透镜，比较同一层的单元。它们有何不同？",

  // selu-conditions
  "SELU cannot normalise itself here: its condition on {condition} is broken.":
    "SELU 在这里无法自归一化：关于 {condition} 的条件不满足。",
  "Self-normalisation is proved for LeCun's weights (variance 1/n), standardised inputs, plain stacks of layers, and alpha dropout instead of dropout (Klambauer et al. 2017).":
    "自归一化的证明要求：LeCun 权重（方差 1/n）、标准化的输入、单纯堆叠的层，以及用 alpha dropout 代替 dropout（Klambauer 等，2017）。",
  "{count} SELU layers; {condition}: {value} (wanted: n·Var = 1, input rms = 1, AlphaDropout, no normalisation, no skip connections).":
    "{count} 个 SELU 层；{condition}：{value}（要求：n·Var = 1、输入均方根 = 1、AlphaDropout、无归一化、无跳跃连接）。",
  "Use init.lecunNormal_(layer.weight), standardised inputs and nn.AlphaDropout, and neither batch norm nor skip connections.":
    "使用 init.lecunNormal_(layer.weight)、标准化的输入和 nn.AlphaDropout，不要用批归一化和跳跃连接。",
  "The layers do not keep mean 0 and standard deviation 1.": "各层没有保持均值 0、标准差 1。",
  "SELU promises outputs of mean 0 and standard deviation 1 under four conditions. Which of them does this network fulfil?":
    "SELU 在四个条件下保证输出均值为 0、标准差为 1。这个网络满足其中哪些？",

  // default-initialisation
  "The signal fades: {count} layers of {activation} with PyTorch's default initialisation.":
    "信号在衰减：{count} 层 {activation} 使用 PyTorch 的默认初始化。",
  "The default draws weights from U(−1/√n, 1/√n), a variance of 1/(3n), made for no activation in particular (pytorch#18182).":
    "默认从 U(−1/√n, 1/√n) 抽取权重，方差为 1/(3n)，并非为某个激活函数而设（pytorch#18182）。",
  "Each layer passes on about 1/{factor} of the signal; {left} is left after {count}.":
    "每层约传递信号的 1/{factor}；经过 {count} 层后剩下 {left}。",
  "Use He initialisation (init.kaimingNormal_) for ReLU and its kin, Glorot's (init.xavierUniform_) for tanh and sigmoid, or normalise.":
    "ReLU 及其同类用 He 初始化（init.kaimingNormal_），tanh 与 sigmoid 用 Glorot 初始化（init.xavierUniform_），或者加归一化。",
  "The signal gets lost on its way through the layers.": "信号在逐层传递中丢失了。",
  "Look at the spread of the first layers in the upper chart. By what factor does it change from one layer to the next, and what decides that factor?":
    "看上图中前几层的离散程度。从一层到下一层变化多少倍？是什么决定了这个倍数？",

  // initialisation
  "Weights start {times} times too {direction} for {activation}, first in {layer}.":
    "初始权重对 {activation} 而言{direction}了 {times} 倍，最早见于{layer}。",
  "A sum over n inputs grows with √n times the weights' standard deviation: too large saturates or explodes, too small fades.":
    "n 个输入之和随 √n 乘以权重标准差增长：太大则饱和或爆炸，太小则衰减。",
  "Standard deviation {std} in {layer} at step 0; {best} keeps the signal. Over all layers the weights scale it by {total}.":
    "第 0 步{layer}的标准差为 {std}；{best} 可保持信号。经过所有层，权重把信号缩放 {total} 倍。",
  "Use He initialisation (init.kaimingNormal_) for ReLU and its kin, Glorot's (init.xavierUniform_) for tanh and sigmoid.":
    "ReLU 及其同类用 He 初始化（init.kaimingNormal_），tanh 与 sigmoid 用 Glorot 初始化（init.xavierUniform_）。",
  "The network starts from a bad place.": "网络的起点不好。",
  "Look at the weights of {layer} at step 0. How large should they be, for that many inputs and this activation?":
    "看第 0 步{layer}的权重。对这么多输入和这个激活函数，它们该有多大？",

  // sigmoid-depth
  "{count} sigmoid layers in a row let the gradient fade.": "连续 {count} 个 sigmoid 层使梯度衰减。",
  "A sigmoid's slope is at most 1/4, so each layer passes on at most a quarter of the gradient for weights that keep the signal.":
    "sigmoid 的斜率最多为 1/4，所以在保持信号的权重下，每层最多传递四分之一的梯度。",
  "The first of them gets {share} of the gradient of the last: a factor of {factor} a layer.":
    "其中第一层只得到最后一层梯度的 {share}：每层相差 {factor} 倍。",
  "Use ReLU with He initialisation, or batch normalisation between the layers.":
    "使用 ReLU 与 He 初始化，或在层间加批归一化。",
  "The first layers hardly learn.": "前几层几乎不学习。",
  "Look at the gradient from right to left in the lower chart. How steep is a sigmoid at its steepest point?":
    "在下图中从右向左看梯度。sigmoid 最陡处有多陡？",

  // tiny-batch-norm
  "Batch normalisation gets only {batch} examples at a time.": "批归一化每次只得到 {batch} 个样本。",
  "Mean and variance of so few examples are mostly chance, and differ from the running ones used in evaluation.":
    "这么少样本的均值和方差多半出于偶然，也不同于评估时使用的滑动统计量。",
  "Batches of {batch}; up to {threshold} are too few for one number an example.":
    "批大小为 {batch}；每个样本一个数时，{threshold} 及以下都太少。",
  "Use larger batches, or nn.LayerNorm or nn.GroupNorm, which look at one example at a time.":
    "使用更大的批次，或用逐样本计算的 nn.LayerNorm、nn.GroupNorm。",
  "The normalisation is noisy.": "归一化充满噪声。",
  "From how many numbers does batch normalisation compute a mean here? How would it look with another batch?":
    "这里批归一化用多少个数计算均值？换一批会怎样？",

  // weight-decay
  "A weight decay of {decay} pulls the weights to 0 faster than they learn.":
    "权重衰减 {decay} 把权重拉向 0，比它们学习得还快。",
  "Each step takes {share:percent} of every weight away, the learning rate times the weight decay: what one step learns is gone a few steps later.":
    "每一步都会去掉每个权重的 {share:percent}，即学习率乘以权重衰减：一步所学，几步之后就消失了。",
  "The weights are {left} times as large as at the start; the loss went from {start} to {recent}.":
    "权重的大小是开始时的 {left} 倍；损失从 {start} 变为 {recent}。",
  "Start from 0.0001 with SGD or 0.01 with AdamW, and raise it only where the validation loss is far above the training loss.":
    "SGD 从 0.0001、AdamW 从 0.01 开始；只有当验证损失远高于训练损失时才调大。",
  "What is learned does not stay.": "学到的东西留不住。",
  "Follow the size of a layer’s weights from step to step. What else but the gradient changes them?":
    "逐步观察某一层权重的大小。除了梯度，还有什么在改变它们？",

  // adaptive-rate
  "A learning rate of {rate} fits SGD, not {optimizer}.": "学习率 {rate} 适合 SGD，而不适合 {optimizer}。",
  "{optimizer} divides by the gradient's size: each weight moves by about the learning rate in every step, however small its gradient.":
    "{optimizer} 会除以梯度的大小：无论梯度多小，每步每个权重都移动约一个学习率。",
  "Rates from {threshold} on are rarely good; the default is about 0.001.":
    "{threshold} 及以上的学习率很少合适；默认约为 0.001。",
  "Start from 0.001, or let optim.lrRangeTest find the rate.":
    "从 0.001 开始，或用 optim.lrRangeTest 寻找学习率。",
  "The steps do not fit the optimizer.": "步长与优化器不匹配。",
  "How far does this optimizer move a weight in one step, and how large are the weights?":
    "这个优化器一步把权重移动多远？权重本身又有多大？",

  // rate-too-high
  "The learning rate of {rate} is too high.": "学习率 {rate} 太高。",
  "Each step goes past the valley and lands higher on the other side.": "每一步都越过谷底，落到对面更高处。",
  "The loss began at {start}, reached {highest}, and is now {recent}.":
    "损失从 {start} 开始，最高到 {highest}，现在是 {recent}。",
  "Divide the learning rate by 3 or 10 (a momentum of β multiplies it by up to 1/(1 − β)), start with a warm-up, or clip gradients.":
    "把学习率除以 3 或 10（动量 β 最多把它放大 1/(1 − β) 倍），先做预热，或裁剪梯度。",
  "The loss does not go down the way it should.": "损失没有像应有的那样下降。",
  "Look at the loss of the first steps one by one. How far do the weights move in each, beside their size?":
    "逐一看前几步的损失。相对于权重的大小，每步移动了多远？",

  // rate-too-low
  "The learning rate of {rate} is too low.": "学习率 {rate} 太低。",
  "The steps are tiny beside the weights, so nothing changes in a reasonable time.":
    "相对于权重，步长太小，短时间内不会有变化。",
  "A step changes the weights by {ratio} of their size (good: about {good}); the loss went from {start} to {recent}.":
    "每步使权重改变其大小的 {ratio}（合适：约 {good}）；损失从 {start} 到 {recent}。",
  "Multiply the learning rate by 10 until the loss falls visibly, or let optim.lrRangeTest find it.":
    "把学习率逐次乘以 10，直到损失明显下降，或用 optim.lrRangeTest 寻找。",
  "The loss hardly moves.": "损失几乎不动。",
  "By what share of their size do the weights change in one step? How many steps would they need to change by half?":
    "权重一步改变自身大小的多少？要改变一半需要多少步？",

  // exploding-signal
  "The signal explodes on its way through the layers.": "信号在逐层传递中爆炸。",
  "Each layer makes it larger, and the factors multiply.": "每层都把它放大，倍数相乘。",
  "{ratio} times larger after {layers} layers at step {step}: a factor of {factor} a layer.":
    "第 {step} 步经过 {layers} 层后放大 {ratio} 倍：每层 {factor} 倍。",
  "Use smaller weights that fit the activation, or normalisation layers.":
    "使用与激活函数相配的较小权重，或归一化层。",
  "The layers do not pass on the signal as they got it.": "各层没有原样传递信号。",
  "Look at the upper chart from left to right at step {step}. What happens from one layer to the next?":
    "在第 {step} 步从左向右看上图。从一层到下一层发生了什么？",

  // vanishing-signal
  "The signal vanishes: the last layers see the same for every example.":
    "信号消失：最后几层对每个样本看到的都一样。",
  "Each layer passes on only a part of the difference between examples, and the parts multiply.":
    "每层只传递样本之间差异的一部分，这些比例相乘。",
  "{ratio} of the spread is left after {layers} layers at step {step}: divided by {factor} a layer.":
    "第 {step} 步经过 {layers} 层后离散程度剩下 {ratio}：每层除以 {factor}。",
  "Use weights that fit the activation (He, Glorot), or normalisation layers.":
    "使用与激活函数相配的权重（He、Glorot），或归一化层。",
  "Look at the spread of the layers in the upper chart at step {step}. What can the last layer still know of its input?":
    "看第 {step} 步上图中各层的离散程度。最后一层还能知道输入的什么？",

  // exploding-gradient
  "The gradient explodes.": "梯度爆炸。",
  "Backward, each layer makes it larger, and the factors multiply.": "反向时每层都把它放大，倍数相乘。",
  "Clip it (nn.utils.clipGradNorm_(model.parameters(), 1)), lower the learning rate, and check the initialisation.":
    "裁剪梯度（nn.utils.clipGradNorm_(model.parameters(), 1)）、降低学习率，并检查初始化。",
  "The steps get out of hand.": "步长失控了。",
  "Look at the lower chart from right to left at step {step}. Where does the gradient grow?":
    "在第 {step} 步从右向左看下图。梯度在哪里变大？",

  // gradient-spike
  "The gradient of step {step} is out of all proportion.": "第 {step} 步的梯度大得离谱。",
  "The loss is steep there: an odd batch, or weights that a step too large has moved to a bad place.":
    "那里的损失很陡：批次异常，或过大的一步把权重带到了不好的地方。",
  "Its norm is {norm}; usual is {usual}, and {threshold} would be too much.":
    "其范数为 {norm}；通常为 {usual}，{threshold} 就已过大。",
  "Clip gradients (nn.utils.clipGradNorm_(model.parameters(), 1)), or lower the learning rate.":
    "裁剪梯度（nn.utils.clipGradNorm_(model.parameters(), 1)），或降低学习率。",
  "A step gets out of hand.": "有一步失控了。",
  "Look at the loss and the gradients just before and after step {step}. What was different about this batch?":
    "看第 {step} 步前后的损失与梯度。这一批有什么不同？",

  // vanishing-gradient
  "The gradient vanishes: the first layers get no signal to learn from.":
    "梯度消失：前几层得不到可供学习的信号。",
  "Backward, each layer passes on only a part of the gradient, and the parts multiply.":
    "反向时每层只传递梯度的一部分，这些比例相乘。",
  "{ratio} of it arrives after {layers} layers at step {step}: divided by {factor} a layer.":
    "第 {step} 步经过 {layers} 层后到达的为 {ratio}：每层除以 {factor}。",
  "Use ReLU-like activations with He initialisation, normalisation layers, or skip connections.":
    "使用类 ReLU 激活与 He 初始化、归一化层或跳跃连接。",
  "Look at the lower chart from right to left at step {step}. How much is left at layer 1?":
    "在第 {step} 步从右向左看下图。到第 1 层还剩多少？",

  // saturated
  "{layer} is saturated: {share:percent} of its outputs are stuck at an end.":
    "{layer}已饱和：{share:percent} 的输出卡在一端。",
  "On the flat parts of the activation the slope is nearly 0, so hardly any gradient gets through.":
    "在激活函数的平坦部分斜率几乎为 0，所以几乎没有梯度能通过。",
  "{share:percent} saturated from step {step} on; {threshold:percent} is the line.":
    "从第 {step} 步起饱和 {share:percent}；界线为 {threshold:percent}。",
  "Use smaller initial weights, a lower learning rate, or normalisation before the activation.":
    "使用更小的初始权重、更低的学习率，或在激活之前做归一化。",
  "A layer has stopped answering to its inputs.": "有一层不再对输入作出反应。",
  "Look at the outputs of {layer} in the layer lens. On which part of the activation do they lie, and how steep is it there?":
    "在层透镜中看{layer}的输出。它们落在激活函数的哪一段？那里有多陡？",

  // silent-units
  "{share:percent} of the units of {layer} are silent.": "{layer}有 {share:percent} 的单元沉默。",
  "Their input sums are negative for every example, where the rectifier is flat: no gradient brings them back.":
    "对每个样本它们的输入和都为负，而整流函数在那里是平的：没有梯度能把它们带回来。",
  "No positive output for {examples} examples, from step {step} on.":
    "从第 {step} 步起，连续 {examples} 个样本没有正输出。",
  "Lower the learning rate, check biases and initialisation, or use leaky ReLU or ELU.":
    "降低学习率，检查偏置与初始化，或使用 leaky ReLU 或 ELU。",
  "A layer does less than it could.": "有一层没有尽其所能。",
  "Look at the outputs of {layer} in the layer lens. How many units ever give something else than 0?":
    "在层透镜中看{layer}的输出。有多少单元输出过 0 以外的值？",

  // initial-loss
  "The loss starts at {loss} instead of {expected}.": "损失从 {loss} 开始，而不是 {expected}。",
  "A network that knows nothing should guess evenly; this one starts sure of itself, and wrong: its logits are too large.":
    "一无所知的网络应当均匀猜测；这个网络一开始就自信而错误：它的 logits 太大。",
  "With {classes} classes the loss of even guesses is ln {classes} = {expected}.":
    "有 {classes} 个类别时，均匀猜测的损失为 ln {classes} = {expected}。",
  "Make the output layer's initial weights smaller: divide them by 10.": "减小输出层的初始权重：除以 10。",
  "The loss starts in an odd place.": "损失的起点很奇怪。",
  "What would the loss be if all classes got the same probability? Why is it not that at step 0?":
    "如果所有类别概率相同，损失会是多少？为什么第 0 步不是这样？",

  // train-mode-evaluation
  "The model is evaluated in training mode.": "模型在训练模式下被评估。",
  "Without model.eval(), dropout goes on dropping and batch norm uses the batch (and moves its statistics).":
    "没有 model.eval()，dropout 会继续丢弃，批归一化会使用当前批次（并改动其统计量）。",
  "At least {count} forward passes without gradients in training mode, with {kind} in {layer}; the first at step {step}.":
    "训练模式下至少有 {count} 次不带梯度的前向传播，{layer}中有 {kind}；最早在第 {step} 步。",
  "Call model.eval() before and model.train() after, or evaluate within nn.evalMode(model, ...).":
    "之前调用 model.eval()，之后调用 model.train()，或在 nn.evalMode(model, ...) 中评估。",
  "The validation does not measure what will be used.": "验证所测的并非将要使用的网络。",
  "Which layers do something else while training? In which mode was the model during validation?":
    "哪些层在训练时行为不同？验证时模型处于哪种模式？",

  // norm-momentum
  "Batch norm's running statistics follow too {pace}: momentum {momentum}.":
    "批归一化滑动统计量跟随得太{pace}：动量 {momentum}。",
  "PyTorch's momentum is the share of the new batch (Keras's that of the old value): the statistics reach back about {steps} steps.":
    "PyTorch 的动量是新批次所占的比例（Keras 的是旧值的比例）：统计量约回溯 {steps} 步。",
  "Momentum {momentum} in {layer}.": "{layer}的动量为 {momentum}。",
  "Use 0.1, or 0.01 for small batches in long trainings; norm.recalibrate takes the statistics anew.":
    "使用 0.1，长时间小批次训练用 0.01；norm.recalibrate 可重新统计。",
  "Training and evaluation see different networks.": "训练与评估看到的是不同的网络。",
  "How many batches do the running statistics remember? What does that do in evaluation?":
    "滑动统计量记住多少个批次？这在评估时有什么影响？",

  // frozen-statistics
  "{layer} is frozen, but its batch statistics still move.": "{layer}已冻结，但其批统计量仍在变动。",
  "requiresGrad stops the weights only; {kind} in training mode goes on averaging what it sees.":
    "requiresGrad 只停住权重；训练模式下的 {kind} 会继续对所见求平均。",
  "No parameter of the layer is being learnt, and its {kind} is in training mode.":
    "该层没有参数在学习，而它的 {kind} 处于训练模式。",
  "Use module.freeze(), which keeps the layer in evaluation mode as well.":
    "使用 module.freeze()，它也会让该层保持评估模式。",
  "Something changes that should stand still.": "本应静止的东西在变化。",
  "Which numbers of the frozen layer are the same before and after an epoch, and which are not?":
    "冻结层的哪些数在一轮前后相同，哪些不同？",

  // update-ratio
  "{layer} changes by {ratio} of its weights a step; about {good} is usual.":
    "{layer}每步改变其权重的 {ratio}；通常约为 {good}。",
  "Steps far larger forget what was learnt, steps far smaller waste time.":
    "步子太大会忘掉所学，太小则浪费时间。",
  "Norm of the update over norm of the weights: {ratio}.": "更新的范数与权重的范数之比：{ratio}。",
  "Change the learning rate, for this layer's parameters alone if others are well.":
    "调整学习率；若其他层正常，可只调整这一层的参数。",
  "One layer learns at another speed.": "有一层的学习速度不同。",
  "Compare how far the layers' weights move in one step. Which one stands out?":
    "比较各层权重一步移动多远。哪一层最突出？",

  // overfitting
  "Overfitting: validation was best at step {step}.": "过拟合：验证结果在第 {step} 步最好。",
  "The network goes on fitting the training examples, chance included, which no longer helps with new ones.":
    "网络继续拟合训练样本，连偶然成分也一并拟合，这对新样本已无帮助。",
  "Validation loss rose from {best} to {last}, while the training loss fell to {trained}.":
    "验证损失从 {best} 升到 {last}，而训练损失降到了 {trained}。",
  "Stop at the best step (fit's earlyStopping), or use dropout, weight decay, a smaller network or more data.":
    "在最好的一步停止（fit 的 earlyStopping），或使用 dropout、权重衰减、更小的网络或更多数据。",
  "The two loss curves part.": "两条损失曲线分开了。",
  "Where is the validation loss lowest? What does the training loss do after that?":
    "验证损失在哪里最低？此后训练损失如何变化？",

  // plateau
  "The loss has stood still since step {step}.": "自第 {step} 步起损失停滞不前。",
  "Nothing that could be learnt from these inputs reaches the weights, or the targets do not depend on the inputs.":
    "能从这些输入学到的东西没有到达权重，或者目标并不依赖于输入。",
  "Loss {loss}; it began at {start}.": "损失为 {loss}；起始为 {start}。",
  "Check that inputs and labels belong together, then try to overfit one single batch.":
    "检查输入与标签是否对应，然后试着过拟合单独一个批次。",
  "Can the network learn ten examples by heart? If not, which layer keeps it from doing so?":
    "网络能背下十个样本吗？如果不能，是哪一层在妨碍？",

  // the page about the diagnoses
  "Inputs that are not finite": "非有限的输入",
  "NaN or infinity": "NaN 或无穷大",
  "A network that no optimizer steps": "没有优化器更新的网络",
  "A layer that no optimizer steps": "没有优化器更新的层",
  "Training in evaluation mode": "以评估模式训练",
  "Gradients that are not cleared": "没有清零的梯度",
  "An activation before the loss": "损失之前的激活函数",
  "Inputs far from standard scale": "尺度失常的输入",
  "Equal weights": "相等的权重",
  "SELU’s conditions": "SELU 的条件",
  "PyTorch’s default weights in a deep network": "深层网络中的 PyTorch 默认权重",
  "Weights that do not fit the activation": "与激活函数不匹配的权重",
  "Sigmoids in a row": "连续的 sigmoid 层",
  "Batch normalisation of few examples": "样本过少的批归一化",
  "Too much weight decay": "权重衰减过大",
  "An adaptive optimizer at SGD’s learning rate": "自适应优化器用了 SGD 的学习率",
  "A learning rate that is too high": "学习率过高",
  "A learning rate that is too low": "学习率过低",
  "A signal that explodes": "信号爆炸",
  "A signal that vanishes": "信号消失",
  "A gradient that explodes": "梯度爆炸",
  "A gradient out of all proportion": "异常巨大的梯度",
  "A gradient that vanishes": "梯度消失",
  "Saturated units": "饱和的单元",
  "Silent units": "沉默的单元",
  "A loss that starts in an odd place": "起点异常的损失",
  "Evaluation in training mode": "以训练模式评估",
  "Running statistics at a wrong pace": "步调不当的滑动统计量",
  "A frozen layer whose statistics move": "统计量仍在变动的冻结层",
  "Updates of an unusual size": "大小异常的更新",
  Overfitting: "过拟合",
  "A loss that stands still": "停滞的损失",
  "Why.": "原因。",
  "What it is concluded from.": "依据。",
  "Where to see it.": "在哪里能看到。",
  "What to do.": "怎么办。",
  "Sources.": "来源。",
};
