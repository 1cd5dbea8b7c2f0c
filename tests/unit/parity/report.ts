// The table the parity tests print: how much of the golden data was run, and on which devices it agrees.

export class Coverage<C> {
  private readonly title: string;
  private readonly cases: readonly C[];
  private readonly groupOf: (golden: C) => string;
  private readonly passed = new Map<string, Map<string, number>>();

  constructor(title: string, cases: readonly C[], groupOf: (golden: C) => string) {
    this.title = title;
    this.cases = cases;
    this.groupOf = groupOf;
  }

  count(device: string, golden: C, agrees: boolean): void {
    const groups = this.passed.get(device) ?? new Map<string, number>();
    this.passed.set(device, groups);
    const group = this.groupOf(golden);
    groups.set(group, (groups.get(group) ?? 0) + (agrees ? 1 : 0));
  }

  /** One line a device, and one for each group with cases that do not agree. */
  print(): void {
    const totals = new Map<string, number>();
    for (const golden of this.cases)
      totals.set(this.groupOf(golden), (totals.get(this.groupOf(golden)) ?? 0) + 1);
    const lines = [this.title];
    for (const [device, groups] of this.passed) {
      const whole = [...totals].filter(([group, total]) => groups.get(group) === total).length;
      const agreeing = [...groups.values()].reduce((sum, n) => sum + n, 0);
      lines.push(
        `  ${device.padEnd(10)} ${agreeing} / ${this.cases.length} cases, ${whole} / ${totals.size} ${totals.size > 12 ? "operations" : "kinds"} complete`,
      );
      for (const [group, total] of totals) {
        const agree = groups.get(group) ?? 0;
        if (agree < total) lines.push(`    ${group.padEnd(14)} ${agree} / ${total}`);
      }
    }
    console.log(lines.join("\n"));
  }
}
