// The formulas of layers, forward and backward, in LaTeX: x comes in, z is the input sum, a the activation, L the loss.

/** What a layer's own weights do, by the kind of its first module. */
const SUMS: Readonly<Record<string, string>> = {
  Linear: String.raw`W\mathbf{x} + \mathbf{b}`,
  Conv1d: String.raw`W * \mathbf{x} + \mathbf{b}`,
  Conv2d: String.raw`W * \mathbf{x} + \mathbf{b}`,
  Conv3d: String.raw`W * \mathbf{x} + \mathbf{b}`,
};

/** Activations f(z) with their derivatives, by the kind of a layer's last module. */
const ACTIVATIONS: Readonly<Record<string, readonly [forward: string, derivative: string]>> = {
  ReLU: [String.raw`\max(0, z)`, "[z > 0]"],
  LeakyReLU: [
    String.raw`\max(\alpha z, z)`,
    String.raw`\begin{cases}1 & z > 0\\ \alpha & z \le 0\end{cases}`,
  ],
  PReLU: [String.raw`\max(\alpha z, z)`, String.raw`\begin{cases}1 & z > 0\\ \alpha & z \le 0\end{cases}`],
  ELU: [
    String.raw`\begin{cases}z & z > 0\\ \alpha(e^z - 1) & z \le 0\end{cases}`,
    String.raw`\begin{cases}1 & z > 0\\ \alpha e^z & z \le 0\end{cases}`,
  ],
  SELU: [
    String.raw`\lambda\begin{cases}z & z > 0\\ \alpha(e^z - 1) & z \le 0\end{cases}`,
    String.raw`\lambda\begin{cases}1 & z > 0\\ \alpha e^z & z \le 0\end{cases}`,
  ],
  GELU: [String.raw`z\,\Phi(z)`, String.raw`\Phi(z) + z\,\varphi(z)`],
  SiLU: [String.raw`z\,\sigma(z)`, String.raw`\sigma(z)\,(1 + z\,(1 - \sigma(z)))`],
  Mish: [String.raw`z \tanh(\ln(1 + e^z))`, "f'(z)"],
  Sigmoid: [String.raw`\sigma(z) = \frac{1}{1 + e^{-z}}`, String.raw`a\,(1 - a)`],
  Tanh: [String.raw`\tanh(z)`, "1 - a^2"],
  Softplus: [String.raw`\ln(1 + e^z)`, String.raw`\sigma(z)`],
};

const NORMALISED = String.raw`\gamma\,\frac{\mathbf{z} - \mu}{\sqrt{\sigma^2 + \epsilon}} + \beta`;

/** What happens in a layer, by the kinds of its modules in order. */
export function formulasOf(kinds: readonly string[]): { formula: string; gradientFormula: string } {
  const [head = "", ...rest] = kinds;
  const name = (kind: string): string => String.raw`\operatorname{${kind.replaceAll("_", String.raw`\_`)}}`;
  const sum = String.raw`\mathbf{z} = ${SUMS[head] ?? String.raw`${name(head)}(\mathbf{x})`}`;
  const normalised = rest.some((kind) => kind.includes("Norm"));
  const activation = rest.filter((kind) => !kind.includes("Norm")).at(-1);
  const z = normalised ? String.raw`\hat{z}` : "z";
  const parts = [sum];
  if (normalised) parts.push(String.raw`\hat{\mathbf{z}} = ${NORMALISED}`);
  if (activation === undefined) {
    const backward = normalised
      ? String.raw`\frac{\partial L}{\partial \mathbf{z}}`
      : String.raw`\frac{\partial L}{\partial \mathbf{z}} = \frac{\partial L}{\partial \mathbf{a}}`;
    return { formula: parts.join(String.raw`,\quad `), gradientFormula: backward };
  }
  const [forward, derivative] = ACTIVATIONS[activation] ?? [
    `${name(activation)}(z)`,
    `${name(activation)}'(z)`,
  ];
  const own = (formula: string): string =>
    normalised ? formula.replace(/(?<![\\a-z])z/g, () => z) : formula;
  parts.push(`a = ${own(forward)}`);
  const towards = String.raw`\frac{\partial L}{\partial ${z}} = \frac{\partial L}{\partial a}\cdot ${own(derivative)}`;
  return { formula: parts.join(String.raw`,\quad `), gradientFormula: towards };
}
