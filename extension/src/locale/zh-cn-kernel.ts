// What the kernel says in a run's record, in simplified Chinese: refusals, words in diagnoses, and why a training was stopped.

import type { Catalogue } from "./zh-cn.js";

export const KERNEL: Catalogue = {
  // refusals
  "The kernel does not know this run.": "内核不认识这次训练。",
  "This run has ended.": "这次训练已结束。",
  "This run does not train now. Run its cell again to go on.":
    "这次训练目前没有进行。要继续，请重新运行它的单元格。",
  "This run and its model are gone. Run its cell again.": "这次训练及其模型已不存在。请重新运行它的单元格。",
  "Pause the run first: the microscope looks at a step before the parameters change.":
    "请先暂停训练：显微镜观察的是参数改变之前的一步。",
  "No copy of this run is left to go back to.": "这次训练没有可以退回的副本了。",
  // words that are filled into diagnoses
  input: "输入",
  "weight gradient": "权重梯度",
  large: "大",
  small: "小",
  fast: "快",
  slow: "慢",
  initialisation: "初始化",
  inputs: "输入",
  dropout: "dropout",
  normalisation: "归一化",
  "plain stacking": "逐层堆叠",
  "skip connection": "跳跃连接",
  // why a training was stopped before a step
  "the loss is {loss}.": "损失为 {loss}。",
  "the gradients are not finite, although the loss is.": "损失是有限的，但梯度不是。",
  "on its way back through the layers the gradient grows {ratio} times, where {limit} is too much.":
    "梯度在逐层反向传播时增大到 {ratio} 倍，而 {limit} 倍已属过大。",
  "the norm of the gradients is {total}, and was {usual} until now.": "梯度范数为 {total}，此前为 {usual}。",
  "the batch already has NaN or infinity.": "这一批数据中已有 NaN 或无穷大。",
  "the parameter {name} already has NaN or infinity.": "参数 {name} 中已有 NaN 或无穷大。",
  "{operation} in layer {layer} made the first number that is not finite.":
    "层 {layer} 中的 {operation} 产生了第一个非有限的数。",
  "the derivative of {operation} in layer {layer} made the first number that is not finite.":
    "层 {layer} 中 {operation} 的导数产生了第一个非有限的数。",
  "{operation} in the loss, outside of the model, made the first number that is not finite.":
    "模型之外的损失中，{operation} 产生了第一个非有限的数。",
  "the derivative of {operation} in the loss, outside of the model, made the first number that is not finite.":
    "模型之外的损失中，{operation} 的导数产生了第一个非有限的数。",
  "The logarithm of 0 is -Infinity, that of a negative number NaN: keep its input above 0.":
    "0 的对数是 -Infinity，负数的对数是 NaN：请让其输入保持大于 0。",
  "A root has no derivative at 0 and none of negative numbers: add a small epsilon.":
    "根号在 0 处没有导数，对负数也没有：请加上一个很小的 epsilon。",
  "Something is divided by 0: add a small epsilon.": "有数被 0 除：请加上一个很小的 epsilon。",
  "exp overflows above 88: subtract the largest number first, as softmax does.":
    "exp 在 88 以上会溢出：请像 softmax 那样先减去最大的数。",
};
