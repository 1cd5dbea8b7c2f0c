// How numbers are written: in labels, tooltips and on axes.

const SUPERSCRIPT = "⁰¹²³⁴⁵⁶⁷⁸⁹";

/** 5157 -> "5,157". */
export function formatCount(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}

/** Three significant digits, powers of ten where plain digits would hide them: "0.341", "12.5", "3.2·10⁻⁶". */
export function formatValue(value: number): string {
  if (Number.isNaN(value)) return "–";
  if (!Number.isFinite(value)) return value < 0 ? "−∞" : "∞";
  if (value === 0) return "0";
  const size = Math.abs(value);
  const sign = value < 0 ? "−" : "";
  if (size >= 1e-3 && size < 1e5) {
    return sign + (size >= 1_000 ? formatCount(size) : String(Number(size.toPrecision(3))));
  }
  const [digits = "", exponent = ""] = size.toExponential(1).split("e");
  return `${sign}${digits}·10${superscript(Number(exponent))}`;
}

/** Two digits after the point, as losses are usually read: "0.34"; small ones keep two significant digits. */
export function formatLoss(value: number): string {
  return Math.abs(value) >= 0.1 && Math.abs(value) < 1_000 ? value.toFixed(2) : formatValue(value);
}

/** A power of ten on an axis: "0.1", "1", "10", else with an exponent. */
export function formatDecade(exponent: number): string {
  const plain: Record<number, string> = {
    [-3]: "0.001",
    [-2]: "0.01",
    [-1]: "0.1",
    0: "1",
    1: "10",
    2: "100",
  };
  return plain[exponent] ?? `10${superscript(exponent)}`;
}

/** A tick of a linear axis, without the noise of binary fractions. */
export function formatTick(value: number): string {
  return Math.abs(value) >= 1_000 ? formatCount(value) : String(Number(value.toPrecision(6)));
}

/** A tick beside a linear axis, where there is room for five characters: from 10,000 on "2·10⁴". */
export function formatSideTick(value: number): string {
  const size = Math.abs(value);
  if (size < 1e4) return formatTick(value);
  const exponent = Math.floor(Math.log10(size) + 1e-9);
  const digits = Number((value / 10 ** exponent).toPrecision(2));
  return digits === 1 ? `10${superscript(exponent)}` : `${digits}·10${superscript(exponent)}`;
}

function superscript(value: number): string {
  const digits = String(Math.abs(value)).replace(/\d/g, (digit) => SUPERSCRIPT[Number(digit)]!);
  return value < 0 ? `⁻${digits}` : digits;
}

/** A name for plotly, which reads a little HTML in texts: names are only names. */
export function plain(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}

/** What computes: "CPU", "GPU". */
export function deviceName(device: string): string {
  return device.replace(/^(cpu|gpu|webgpu)\b/, (name) => name.toUpperCase());
}
