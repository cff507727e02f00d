import type { FieldSchema } from "../../../../shared/table.ts";
import { WarehouseError } from "../contract.ts";
import { type CsvDialect, type CsvRecord, csvRecords } from "./csv-records.ts";
import {
  columnName,
  sampledRecords,
  typeOfText,
  unnamedColumn,
  widerType,
} from "./detect-types.ts";

export interface DetectedCsv {
  schema: FieldSchema[];
  /** Records before the data. */
  skip: number;
  delimiter: string;
}

/**
 * What CSV looks like. The delimiter is looked for unless the job names it. `skip` is the job's
 * skipLeadingRows: its last row may be a header; 0 says that there is none; without it the first
 * row is one if it holds only texts and others do not.
 */
export async function detectCsv(
  open: () => AsyncIterable<Buffer>,
  dialect: CsvDialect & { nulls: string[]; delimiterGiven: boolean },
  skip: number | null,
): Promise<DetectedCsv> {
  const best = await widest(open, dialect);
  const first = Math.max(0, (skip ?? 0) - 1);
  const [head, ...body] = best.records.slice(first);
  const types = typesOf(body, best.columns, dialect.nulls);
  const hasHeader = skip !== 0 && head !== undefined && isHeader(head, types);
  const isSkipped = hasHeader || (skip ?? 0) > 0;
  const all = isSkipped || !head ? types : typesOf([head, ...body], best.columns, dialect.nulls);
  return {
    schema: schemaOf(all, hasHeader && head ? head : null),
    skip: isSkipped ? first + 1 : 0,
    delimiter: best.delimiter,
  };
}

/** The records as split by the delimiter that makes most of them. */
async function widest(
  open: () => AsyncIterable<Buffer>,
  dialect: CsvDialect & { delimiterGiven: boolean },
): Promise<{ delimiter: string; records: CsvRecord[]; columns: number }> {
  const candidates = dialect.delimiterGiven ? [dialect.delimiter] : [",", "|", "\t"];
  const samples = [];
  for (const delimiter of candidates) {
    const records = await sample(open(), { ...dialect, delimiter, quotedNewlines: true });
    samples.push({ delimiter, records, columns: commonWidth(records) });
  }
  const best = samples.reduce((a, b) => (b.columns > a.columns ? b : a));
  if (best.records.length > 0) return best;
  throw new WarehouseError("invalid", "The files have no rows to detect a schema from");
}

async function sample(chunks: AsyncIterable<Buffer>, dialect: CsvDialect): Promise<CsvRecord[]> {
  const records: CsvRecord[] = [];
  for await (const record of csvRecords(chunks, dialect)) {
    records.push(record);
    if (records.length > sampledRecords) break;
  }
  return records;
}

/** The number of fields that most records have. */
function commonWidth(records: CsvRecord[]): number {
  const counts = new Map<number, number>();
  for (const { fields } of records) {
    counts.set(fields.length, (counts.get(fields.length) ?? 0) + 1);
  }
  return [...counts].reduce((a, b) => (b[1] > a[1] ? b : a), [0, 0])[0];
}

function typesOf(records: CsvRecord[], columns: number, nulls: string[]): (string | null)[] {
  const types: (string | null)[] = Array.from({ length: columns }, () => null);
  for (const { fields } of records) {
    for (const [i, { text, quoted }] of fields.slice(0, columns).entries()) {
      if (text === "" || (!quoted && nulls.includes(text))) continue;
      types[i] = widerType(types[i] ?? null, typeOfText(text));
    }
  }
  return types;
}

/** Only texts, where the rows below have other values. A column of numbers may be called `n` or `t`. */
function isHeader(head: CsvRecord, types: (string | null)[]): boolean {
  const onlyTexts = head.fields.every(({ text }, i) => {
    if (text === "") return false;
    const type = typeOfText(text);
    const below = types[i] ?? "STRING";
    return type === "STRING" || (type === "BOOLEAN" && below !== "STRING" && below !== "BOOLEAN");
  });
  return onlyTexts && types.some((type) => type !== null && type !== "STRING");
}

function schemaOf(types: (string | null)[], header: CsvRecord | null): FieldSchema[] {
  const used = new Set<string>();
  return types.map((known, i) => {
    const type = known ?? "STRING";
    const name = header
      ? columnName(header.fields[i]?.text ?? "", type, i, used)
      : unnamedColumn(type, i);
    return { name, type, mode: "NULLABLE" };
  });
}
