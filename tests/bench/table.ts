// Results: a row for each workload, home of the engine and peer; medians with their spread; and how they are printed.

import { device, HOMES } from "./peers.ts";
import type { Variant, Work } from "./workload.ts";

export interface Row {
  readonly workload: string;
  readonly device: string;
  readonly home: string;
  /** Median time of an iteration of ours, or what a probe has read. */
  readonly ours: number;
  /** Fastest and slowest round. */
  readonly oursSpread: readonly [number, number];
  readonly peer: string | null;
  readonly peerValue: number | null;
  readonly peerSpread: readonly [number, number] | null;
  readonly unit: string;
  /** ours / peerValue: below 1 we are faster. */
  readonly ratio: number | null;
  /** Operations or bytes a second of ours, and what part that is of the best that was measured on this machine. */
  readonly rate?: number;
  readonly ofLimit?: number;
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

/** The row of our times (milliseconds an iteration, one for each round) beside a peer's. */
export function rowOf(
  what: Pick<Row, "workload" | "home">,
  ours: readonly number[],
  peer?: { readonly name: string; readonly times: readonly number[] },
): Row {
  const row = {
    ...what,
    device: device(),
    ours: median(ours),
    oursSpread: spread(ours),
    unit: "ms",
  };
  if (peer === undefined) return { ...row, peer: null, peerValue: null, peerSpread: null, ratio: null };
  const peerValue = median(peer.times);
  return { ...row, peer: peer.name, peerValue, peerSpread: spread(peer.times), ratio: row.ours / peerValue };
}

/** What was measured of somebody who took part. */
export interface Measured {
  readonly name: string;
  readonly variant: Variant;
  /** Milliseconds an iteration, one for each round. */
  readonly times: readonly number[];
}

/** Each home of ours beside each peer; a watched run beside the first peer, and beside the same run unwatched. */
export function rowsOf(workload: string, contenders: readonly Measured[]): Row[] {
  const ours = contenders.filter(({ name }) => name in HOMES);
  const peers = contenders.filter(({ name }) => !(name in HOMES));
  return ours.flatMap(({ name: home, variant, times }): Row[] => {
    if (variant === "plain") {
      const what = { workload, home };
      return peers.length === 0 ? [rowOf(what, times)] : peers.map((peer) => rowOf(what, times, peer));
    }
    const plain = ours.find((other) => other.name === home && other.variant === "plain")!;
    const rivals = [...peers.slice(0, 1), { name: "unwatched", times: plain.times }];
    return rivals.map((rival) => rowOf({ workload: `${workload}-watched`, home }, times, rival));
  });
}

/** What watching costs, in percent: beside PyTorch's hooks, and beside what is fine. */
export function overheadRows(
  workload: string,
  home: string,
  limit: number,
  { ours, pytorch }: { readonly ours: readonly number[]; readonly pytorch: readonly number[] },
): Row[] {
  const percent = (shares: readonly number[]): number[] => shares.map((share) => 100 * share);
  const rivals = [
    ...(pytorch.length > 0 ? [{ name: "pytorch", times: percent(pytorch) }] : []),
    { name: "limit", times: [100 * limit] },
  ];
  return rivals.map((rival) => ({ ...rowOf({ workload, home }, percent(ours), rival), unit: "%" }));
}

/** Three digits, and no exponents. */
const digits = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toPrecision(3));
const time = (value: number): string => digits(value).padStart(6);
const range = ([low, high]: readonly [number, number]): string => `(${digits(low)}-${digits(high)})`;

/** What a machine can do at best, a second: as far as it was measured. */
export type Limits = { [unit in Work["unit"]]?: number };

/** The rate of ours, and what part of the best that is. */
export function rateOf(
  { ours }: Row,
  { unit, amount }: Work,
  limits: Limits,
): { rate: number; ofLimit?: number } {
  const rate = amount / (ours / 1000);
  const limit = limits[unit];
  return limit === undefined ? { rate } : { rate, ofLimit: rate / limit };
}

export function printRate({ rate, ofLimit }: ReturnType<typeof rateOf>, { unit }: Work): void {
  const what = unit === "FLOP" ? `${digits(rate / 1e12)} TFLOP/s` : `${digits(rate / 1e9)} GB/s`;
  const part = ofLimit === undefined ? "" : `, ${(100 * ofLimit).toFixed(0)} % of the best measured here`;
  console.log(`  = ${what}${part}`);
}

export function printRows(rows: readonly Row[]): void {
  for (const { workload, home, ours, oursSpread, unit, peer, peerValue, peerSpread, ratio } of rows) {
    const own = `  ${workload.padEnd(29)} ${home.padEnd(6)} ${time(ours)} ${unit} ${range(oursSpread).padEnd(15)}`;
    const other =
      peer === null
        ? ""
        : ` ${peer.padEnd(9)} ${time(peerValue!)} ${range(peerSpread!).padEnd(15)} ${ratio!.toFixed(2)}`;
    console.log(own + other);
  }
}
