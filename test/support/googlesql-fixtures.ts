import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import {
  DuckDBBlobValue,
  DuckDBDecimalValue,
  DuckDBIntervalValue,
  DuckDBListValue,
  DuckDBStructValue,
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
  DuckDBTimeValue,
} from "@duckdb/node-api";
import { WarehouseError } from "../../server/embedded/warehouse/contract.ts";
import { explainDuckError } from "../../server/embedded/warehouse/sql/explain-error.ts";
import { bigText } from "../../server/embedded/warehouse/sql/runtime/big-numerics.ts";
import { duckType, fromField } from "../../server/embedded/warehouse/sql/types/types.ts";
import type { FieldSchema } from "../../shared/table.ts";
import type { DuckCatalog } from "./duck-catalog.ts";

const directory = join(import.meta.dirname, "../fixtures/googlesql");

/** What the reference implementation of GoogleSQL answered. */
export interface Fixture {
  sql: string;
  columns?: { name: string; type: string }[];
  rows?: Plain[][];
  error?: string;
}

export type Plain = string | number | boolean | null | Plain[];

export type Verdict =
  | { kind: "equal" }
  /** BigQuery fails too. */
  | { kind: "bothFail"; ours: string }
  | { kind: "refused"; message: string }
  /** Fails where BigQuery answers, and names no construct that is missing. */
  | { kind: "failed"; ours: string }
  | { kind: "different"; ours: string };

export function fixtureFiles(): string[] {
  return readdirSync(directory)
    .filter((name) => name.endsWith(".json"))
    .sort();
}

export function readFixtures(file: string): Fixture[] {
  return JSON.parse(readFileSync(join(directory, file), "utf8")) as Fixture[];
}

function bigQueryType(field: FieldSchema): string {
  const names: Record<string, string> = { INTEGER: "INT64", FLOAT: "FLOAT64", BOOLEAN: "BOOL" };
  const own =
    field.type === "RECORD"
      ? `STRUCT<${(field.fields ?? []).map((f) => `${/^_field_\d+$/.test(f.name) ? "" : `${f.name} `}${bigQueryType(f)}`).join(", ")}>`
      : field.rangeElementType
        ? `RANGE<${field.rangeElementType.type}>`
        : (names[field.type] ?? field.type);
  return field.mode === "REPEATED" ? `ARRAY<${own}>` : own;
}

function plain(value: unknown, field: FieldSchema): Plain {
  if (value === null || value === undefined) return field.mode === "REPEATED" ? [] : null;
  if (value instanceof DuckDBListValue) {
    return value.items.map((item) => plain(item, { ...field, mode: "NULLABLE" }));
  }
  if (field.rangeElementType && value instanceof DuckDBStructValue) {
    const item = { name: "", type: field.rangeElementType.type, mode: "NULLABLE" as const };
    return Object.values(value.entries).map((end) => (isInfinite(end) ? null : plain(end, item)));
  }
  if (value instanceof DuckDBStructValue) {
    const values = Object.values(value.entries);
    return (field.fields ?? []).map((each, i) => plain(values[i], each));
  }
  if (field.type === "BIGNUMERIC") return bigText(value as bigint);
  return scalar(value);
}

/** The end of a RANGE that has none. */
function isInfinite(end: unknown): boolean {
  return typeof end === "object" && end !== null && "isFinite" in end && end.isFinite === false;
}

function scalar(value: unknown): Plain {
  if (value instanceof DuckDBBlobValue) return Buffer.from(value.bytes).toString("hex");
  if (value instanceof DuckDBIntervalValue) return `${value.months} ${value.days} ${value.micros}`;
  if (value instanceof DuckDBDecimalValue) return value.toString().replace(/\.?0+$/, "");
  const isMoment =
    value instanceof DuckDBTimestampTZValue ||
    value instanceof DuckDBTimestampValue ||
    value instanceof DuckDBTimeValue;
  if (isMoment) return String(value.micros);
  if (typeof value === "number") return Number.isFinite(value) ? value : String(value);
  return typeof value === "boolean" ? value : String(value);
}

/** Runs a fixture's query and holds the answer against the reference's. */
export async function judge(duck: DuckCatalog, fixture: Fixture): Promise<Verdict> {
  let schema: FieldSchema[];
  let rows: Plain[][];
  try {
    const { statements } = await duck.compile(fixture.sql);
    const last = statements.at(-1);
    if (last?.kind !== "select") return { kind: "different", ours: "no SELECT" };
    schema = last.schema;
    rows = await fetchRows(duck, last.sql, schema);
  } catch (error) {
    if (!(error instanceof WarehouseError)) throw error;
    if (fixture.error !== undefined) return { kind: "bothFail", ours: error.message };
    if (error.message.startsWith("not supported by the local warehouse"))
      return { kind: "refused", message: error.message };
    return { kind: "failed", ours: error.message };
  }
  if (!fixture.columns || !fixture.rows) {
    return { kind: "different", ours: `answers ${JSON.stringify(rows)}` };
  }
  const types = schema.map(bigQueryType).join(", ");
  if (types !== fixture.columns.map((column) => column.type).join(", ")) {
    return { kind: "different", ours: `types ${types}` };
  }
  const names = fixture.columns.every(
    (column, i) =>
      column.name === "" || column.name.startsWith("$") || column.name === schema[i]?.name,
  );
  if (!names) return { kind: "different", ours: `names ${schema.map((f) => f.name).join(", ")}` };
  const ordered = /ORDER BY(?![\s\S]*\))/i.test(fixture.sql);
  const expected = fixture.rows.map((row) =>
    row.map((value, i) => (value === null && schema[i]?.mode === "REPEATED" ? [] : value)),
  );
  return sameRows(rows, expected, ordered)
    ? { kind: "equal" }
    : { kind: "different", ours: JSON.stringify(rows) };
}

/** What DuckDB computes is what a table would store: the very type, or a CREATE TABLE would differ. */
function checkTypes(types: { toString(): string }[], schema: FieldSchema[]): void {
  const wanted = schema.map((field) => duckType(fromField(field) ?? { kind: "STRING" }));
  const plainly = (text: string) =>
    text.replaceAll('"', "").replaceAll("JSON", "VARCHAR").toUpperCase();
  for (const [i, type] of types.entries()) {
    const [ours, theirs] = [plainly(String(type)), plainly(wanted[i] ?? "")];
    if (ours.replaceAll(/ WITH TIME ZONE/g, "TZ") !== theirs)
      throw new Error(`column ${i + 1} is ${ours} and not ${theirs}`);
  }
}

async function fetchRows(
  duck: DuckCatalog,
  duckSql: string,
  schema: FieldSchema[],
): Promise<Plain[][]> {
  try {
    const reader = await duck.connection.runAndReadAll(duckSql);
    checkTypes(reader.columnTypes(), schema);
    return reader.getRows().map((row) => schema.map((field, i) => plain(row[i], field)));
  } catch (error) {
    if (error instanceof Error && error.message.startsWith("column ")) throw error;
    throw explainDuckError(error);
  }
}

function sameRows(ours: Plain[][], theirs: Plain[][], ordered: boolean): boolean {
  if (ours.length !== theirs.length) return false;
  const [a, b] = ordered ? [ours, theirs] : [sorted(ours), sorted(theirs)];
  return a.every((row, i) => same(row, b[i] ?? null));
}

function sorted(rows: Plain[][]): Plain[][] {
  const rounded = (value: Plain): Plain =>
    Array.isArray(value)
      ? value.map(rounded)
      : typeof value === "number"
        ? Number(value.toPrecision(10))
        : value;
  const key = (row: Plain[]) => JSON.stringify(row.map(rounded));
  return rows.toSorted((x, y) => (key(x) < key(y) ? -1 : 1));
}

/** Sums and means may differ in the last bits: the order of summation is nobody's promise. */
function same(a: Plain, b: Plain): boolean {
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((each, i) => same(each, b[i] ?? null));
  if (typeof a === "number" && typeof b === "number") {
    return a === b || Math.abs(a - b) <= 4e-15 * Math.max(Math.abs(a), Math.abs(b));
  }
  return a === b;
}
