// Small tables in CSV files (RFC 4180), as tensors.

import { readFile } from "node:fs/promises";
import type { Tensor } from "../tensor/tensor.js";
import { FileFormatError } from "./files/errors.js";
import { hostTensor } from "./host-tensor.js";

export interface CsvOptions {
  /** What separates fields (","). */
  delimiter?: string;
  /** Whether the first line has the names of the columns (true); else they are "0", "1", ... */
  header?: boolean;
}

/** The fields of a table as text, and columns of it as tensors.
 *  @example
 *  const { writeFileSync } = process.getBuiltinModule("node:fs");
 *  writeFileSync(`${folder}/table.csv`, "rooms,ocean\n2,near\n3,far\n");
 *  const table = await gb.data.readCsv(`${folder}/table.csv`);
 *  [table.columns, table.length] // -> [ [ 'rooms', 'ocean' ], 2 ]
 *  table.numbers(["rooms"]) // [[2], [3]]
 *  table.classes("ocean").names // -> [ 'far', 'near' ] */
export class CsvTable {
  /** The names of the columns. */
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
  private readonly source: string;

  /** Use `readCsv`. `source` is for errors. */
  constructor(columns: readonly string[], rows: readonly (readonly string[])[], source: string) {
    this.columns = columns;
    this.rows = rows;
    this.source = source;
  }

  /** Number of rows. */
  get length(): number {
    return this.rows.length;
  }

  private at(column: string): number {
    const place = this.columns.indexOf(column);
    if (place >= 0) return place;
    throw new RangeError(`${this.source}: has no column "${column}"; there are ${this.columns.join(", ")}`);
  }

  /** Columns of numbers, all by default, as float32 [rows, columns]. An empty field is NaN. Throws where a field is no number. */
  numbers(columns: readonly string[] = this.columns): Tensor {
    const places = columns.map((column) => this.at(column));
    const values = this.rows.flatMap((row, i) =>
      places.map((place) => {
        const field = row[place]!.trim();
        const missing = field === "" || /^nan?$/i.test(field);
        const value = missing ? Number.NaN : Number(field);
        if (missing || !Number.isNaN(value)) return value;
        throw new FileFormatError(
          `${this.source}: row ${i + 1} of column "${this.columns[place]}" is ${JSON.stringify(field)}, which is no number; ` +
            "for names of classes use .classes(column)",
        );
      }),
    );
    return hostTensor(Float32Array.from(values), [this.length, columns.length]);
  }

  /** A column of names as class numbers: labels int32 [rows], and the names in the order of their numbers, sorted. */
  classes(column: string): { readonly labels: Tensor; readonly names: readonly string[] } {
    const place = this.at(column);
    const fields = this.rows.map((row) => row[place]!.trim());
    const names = [...new Set(fields)].sort();
    return {
      labels: hostTensor(
        Int32Array.from(fields, (field) => names.indexOf(field)),
        [this.length],
      ),
      names,
    };
  }
}

/** Reads a CSV file: `const table = await gb.data.readCsv("housing.csv")`, then `table.numbers(["rooms", "age"])` and
 *  `table.classes("ocean")`. Throws `FileFormatError` where a row has more or fewer fields than there are columns.
 *
 *  @example
 *  const { writeFileSync } = process.getBuiltinModule("node:fs");
 *  writeFileSync(`${folder}/table.csv`, "rooms,age\n2,30\n3,4\n");
 *  (await gb.data.readCsv(`${folder}/table.csv`)).numbers() // [[2, 30], [3, 4]] */
export async function readCsv(path: string, options: CsvOptions = {}): Promise<CsvTable> {
  const { delimiter = ",", header = true } = options;
  const text = (await readFile(path, "utf8")).replace(/^\uFEFF/, "");
  const [first, ...rest] = parse(text, delimiter, path);
  if (first === undefined) throw new FileFormatError(`${path}: is empty`);
  const columns = header ? first.map((name) => name.trim()) : first.map((_, i) => String(i));
  const rows = header ? rest : [first, ...rest];
  const odd = rows.findIndex((row) => row.length !== columns.length);
  if (odd < 0) return new CsvTable(columns, rows, path);
  throw new FileFormatError(
    `${path}: row ${odd + 1} has ${rows[odd]!.length} fields, there are ${columns.length} columns; is the delimiter ` +
      `${JSON.stringify(delimiter)} right?`,
  );
}

/** The records of a text; lines without anything are none. */
function parse(text: string, delimiter: string, path: string): string[][] {
  const records: string[][] = [];
  let record: string[] = [];
  let field = "";
  let quoted = false;
  const endField = (): void => {
    record.push(field);
    field = "";
  };
  const endRecord = (): void => {
    endField();
    if (record.length > 1 || record[0] !== "") records.push(record);
    record = [];
  };
  for (let i = 0; i < text.length; i++) {
    const character = text[i]!;
    if (quoted) {
      if (character !== '"') field += character;
      else if (text[i + 1] === '"') field += text[i++];
      else quoted = false;
    } else if (character === '"' && field === "") quoted = true;
    else if (character === delimiter) endField();
    else if (character === "\n") endRecord();
    else if (character !== "\r" || text[i + 1] !== "\n") field += character;
  }
  if (quoted) throw new FileFormatError(`${path}: a quoted field has no end`);
  endRecord();
  return records;
}
