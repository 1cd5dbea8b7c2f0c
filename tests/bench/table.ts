// Results: a row for each workload, home of the engine and peer; medians with their spread; and how they are printed.

export interface Row {
  readonly workload: string;
  readonly device: string;
  readonly home: string;
  /** Median time of an iteration of ours. */
  readonly ours: number;
  /** Fastest and slowest round. */
  readonly oursSpread: readonly [number, number];
  readonly peer: string | null;
  readonly peerValue: number | null;
  readonly peerSpread: readonly [number, number] | null;
  readonly unit: "ms";
  /** ours / peerValue: below 1 we are faster. */
  readonly ratio: number | null;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

export const spread = (values: readonly number[]): [number, number] => [
  Math.min(...values),
  Math.max(...values),
];

/** Three digits, and no exponents. */
const digits = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toPrecision(3));
const time = (value: number): string => digits(value).padStart(6);
const range = ([low, high]: readonly [number, number]): string => `(${digits(low)} to ${digits(high)})`;

export function printRows(rows: readonly Row[]): void {
  for (const { device, home, ours, oursSpread, unit, peer, peerValue, peerSpread, ratio } of rows) {
    const own = `  ${`${device}, ${home}`.padEnd(14)} ${time(ours)} ${unit} ${range(oursSpread).padEnd(18)}`;
    const other =
      peer === null
        ? ""
        : `  ${peer}: ${time(peerValue!)} ${unit} ${range(peerSpread!).padEnd(18)}  ratio ${ratio!.toFixed(2)}`;
    console.log(own + other);
  }
}
