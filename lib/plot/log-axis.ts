// The ticks of a logarithmic axis: whole decades, or 1, 2 and 5 where there are few of them. Plotly's own write small digits between
// the decades, and exponents larger than all other ticks.

/** Decades that get a tick; of more, every second one, third ... */
const MOST_DECADES = 7;
/** An axis of fewer decades has ticks at 2 and 5, too. */
const FEW_DECADES = 2;
/** Numbers as they are up to this power of ten either way. */
const PLAIN = 3;
const SUPERSCRIPT = "⁰¹²³⁴⁵⁶⁷⁸⁹";

/** A logarithmic axis for some values, in plotly's words. */
export function logAxis(values: readonly number[]): Readonly<Record<string, unknown>> {
  const logs = values.filter((value) => value > 0 && Number.isFinite(value)).map(Math.log10);
  if (logs.length === 0) return { type: "log" };
  const low = logs.reduce((a, b) => Math.min(a, b));
  const high = logs.reduce((a, b) => Math.max(a, b));
  const first = Math.floor(low);
  const decades = Math.ceil(high) - first;
  const stride = Math.ceil(decades / MOST_DECADES) || 1;
  const digits = high - low < FEW_DECADES ? [1, 2, 5] : [1];
  const ticks = Array.from({ length: decades + 1 }, (_, i) => first + i)
    .filter((exponent) => exponent % stride === 0)
    .flatMap((exponent) => digits.map((digit) => ({ digit, exponent })));
  return {
    type: "log",
    tickmode: "array",
    tickvals: ticks.map(({ digit, exponent }) => Number(`${digit}e${exponent}`)),
    ticktext: ticks.map(({ digit, exponent }) => written(digit, exponent)),
  };
}

/** "0.05", "200", "10⁻⁶", "2·10⁸". */
function written(digit: number, exponent: number): string {
  if (Math.abs(exponent) <= PLAIN) return String(Number(`${digit}e${exponent}`));
  const power = String(Math.abs(exponent)).replace(/\d/g, (one) => SUPERSCRIPT[Number(one)]!);
  return `${digit === 1 ? "" : `${digit}·`}10${exponent < 0 ? "⁻" : ""}${power}`;
}
