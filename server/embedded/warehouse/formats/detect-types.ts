import { WarehouseError } from "../contract.ts";

/*
 * BigQuery's schema detection (cloud.google.com/bigquery/docs/schema-detect): the type of a column
 * is the narrowest that holds the first values of the first file.
 */

/** How many records are looked at. */
export const sampledRecords = 500;

const date = "\\d{4}[-/]\\d{1,2}[-/]\\d{1,2}";
const time = "\\d{1,2}:\\d{2}(:\\d{2}(\\.\\d{1,9})?)?";
const zone = "( ?(Z|UTC|[+-]\\d{1,2}(:?\\d{2})?)| [A-Za-z_]+/[A-Za-z_/]+)?";

const forms: [type: string, form: RegExp][] = [
  ["BOOLEAN", /^(true|false|t|f|yes|no|y|n)$/i],
  ["INTEGER", /^[+-]?\d+$/],
  ["FLOAT", /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i],
  ["DATE", /^\d{4}-\d{1,2}-\d{1,2}$/],
  ["TIME", /^\d{1,2}:\d{2}:\d{2}(\.\d{1,6})?$/],
  ["TIMESTAMP", new RegExp(`^${date}([T ]${time})${zone}$`, "i")],
];

const largest = 2n ** 63n;

/** The type that a text looks like. */
export function typeOfText(text: string): string {
  const trimmed = text.trim();
  const type = forms.find(([, form]) => form.test(trimmed))?.[0] ?? "STRING";
  if (type !== "INTEGER") return type;
  const value = BigInt(trimmed.replace(/^\+/, ""));
  if (value >= -largest && value < largest) return type;
  throw new WarehouseError(
    "notImplemented",
    `Schema detection for integers beyond INT64 (${trimmed}) is not supported by the local warehouse: name a schema`,
  );
}

/** The narrowest type that holds values of both; null stands for no value yet. */
export function widerType(a: string | null, b: string | null): string | null {
  if (a === null || b === null || a === b) return a ?? b;
  const both = new Set([a, b]);
  if (both.has("INTEGER") && both.has("FLOAT")) return "FLOAT";
  if (both.has("DATE") && both.has("TIMESTAMP")) return "TIMESTAMP";
  return "STRING";
}

const words: Record<string, string> = { INTEGER: "int64", FLOAT: "double", BOOLEAN: "bool" };

/** What a column without a name is called: `int64_field_0`. */
export function unnamedColumn(type: string, position: number): string {
  return `${words[type] ?? type.toLowerCase()}_field_${position}`;
}

/** A header's text as a column name: other characters become underscores. */
export function columnName(
  text: string,
  type: string,
  position: number,
  used: Set<string>,
): string {
  const clean = text.trim().replace(/[^\p{L}\p{N}_]/gu, "_");
  const base = clean === "" ? unnamedColumn(type, position) : clean.replace(/^(?=\d)/, "_");
  let name = base;
  for (let n = 1; used.has(name.toLowerCase()); n += 1) name = `${base}_${n}`;
  used.add(name.toLowerCase());
  return name;
}
