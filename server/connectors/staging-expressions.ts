import { quoteText } from "../../shared/sql-quotes.ts";
import type { ScalarType, SourceColumn } from "./source-column.ts";

/*
 * DuckDB's SQL that turns the texts of a source's rows into values, exactly or not at all: a value
 * that BigQuery's type cannot hold raises an error that names the column and the value. In CSV and
 * JSON the values go as the texts that were checked so.
 */

const ranges: Partial<Record<ScalarType, [type: string, low: string, high: string]>> = {
  DATE: ["DATE", "DATE '0001-01-01'", "DATE '9999-12-31'"],
  DATETIME: [
    "TIMESTAMP",
    "TIMESTAMP '0001-01-01 00:00:00'",
    "TIMESTAMP '9999-12-31 23:59:59.999999'",
  ],
  TIMESTAMP: [
    "TIMESTAMPTZ",
    "TIMESTAMPTZ '0001-01-01 00:00:00+00'",
    "TIMESTAMPTZ '9999-12-31 23:59:59.999999+00'",
  ],
  TIME: ["TIME", "TIME '00:00:00'", "TIME '23:59:59.999999'"],
};

const casts: Partial<Record<ScalarType, string>> = {
  INT64: "BIGINT",
  FLOAT64: "DOUBLE",
  BOOL: "BOOLEAN",
};

/** A typed value of the column's text `input`, for Parquet. */
export function typedValue(column: SourceColumn, input: string): string {
  return column.isArray
    ? arrayOf(column, input, (item) => scalar(column, item))
    : scalar(column, input);
}

/** The column's text, checked, as BigQuery reads it in CSV. Arrays have no place there. */
export function textValue(column: SourceColumn, input: string): string {
  return checkedText(column, input);
}

/** As `textValue`, for JSON lines: arrays as arrays of texts, JSON as itself. */
export function jsonValue(column: SourceColumn, input: string): string {
  if (column.isArray) return arrayOf(column, input, (item) => checkedText(column, item));
  if (column.type !== "JSON") return checkedText(column, input);
  const isJsonNull = `json_type(${input}::JSON) = 'NULL'`;
  return `CASE WHEN ${isJsonNull} THEN ${refusal(column, input, "JSON null beside an array")}::JSON ELSE ${input}::JSON END`;
}

function scalar(column: SourceColumn, input: string): string {
  const check = checkOf(column, input);
  if (check) {
    const { type, value, isHeld, error } = check;
    const checked = `CASE WHEN ${input} IS NULL THEN NULL WHEN ${isHeld} THEN ${value} ELSE CAST(${error} AS ${type}) END`;
    return column.type === "NUMERIC" ? `CAST(${checked} AS DECIMAL(38, 9))` : checked;
  }
  if (column.type === "BYTES") return `unhex(substr(${input}, 3))`;
  const cast = casts[column.type];
  return cast ? `CAST(${input} AS ${cast})` : input;
}

/** Of the types whose texts may be none of BigQuery's. */
interface Check {
  /** What the text is read as. */
  type: string;
  value: string;
  /** Whether BigQuery's type holds it. */
  isHeld: string;
  error: string;
}

function checkOf(column: SourceColumn, input: string): Check | null {
  const error = refusal(column, input, `BigQuery's ${column.type}`);
  if (column.type === "NUMERIC") {
    const type = decimalType(column);
    const value = `TRY_CAST(${input} AS ${type})`;
    return { type, value, isHeld: `${value} IS NOT NULL`, error };
  }
  const range = ranges[column.type];
  if (!range) return null;
  const [type, low, high] = range;
  const value = `TRY_CAST(${input} AS ${type})`;
  // DuckDB reads a date before year 1 without its BC.
  const isHeld = `${input} NOT LIKE '%BC' AND ${value} BETWEEN ${low} AND ${high}`;
  return { type, value, isHeld, error };
}

/**
 * The declared precision where that fits 64 bits: DuckDB reads a text into DECIMAL(38, 9) at 8 µs a
 * value, more than all the rest of a row costs.
 */
function decimalType(column: SourceColumn): string {
  const { precision, scale } = column.decimal ?? { precision: 38, scale: 9 };
  return precision <= 18 ? `DECIMAL(${precision}, ${scale})` : "DECIMAL(38, 9)";
}

/** A source's integers and floats are BigQuery's already: their texts are not read. */
function checkedText(column: SourceColumn, input: string): string {
  if (column.type === "BYTES") return `to_base64(unhex(substr(${input}, 3)))`;
  if (column.type === "BOOL") return `CAST(CAST(${input} AS BOOLEAN) AS VARCHAR)`;
  const check = checkOf(column, input);
  if (!check) return input;
  return `CASE WHEN ${input} IS NULL OR (${check.isHeld}) THEN ${input} ELSE CAST(${check.error} AS VARCHAR) END`;
}

/** The text is a JSON array of texts; a NULL array arrives empty, a NULL element does not arrive. */
function arrayOf(column: SourceColumn, input: string, item: (input: string) => string): string {
  const list = `from_json(${input}, '["VARCHAR"]')`;
  const nested = `json_type(${input}, '$[0]') = 'ARRAY'`;
  const nulls = `len(list_filter(${list}, lambda x: x IS NULL)) > 0`;
  const refused = (what: string) => `CAST(${refusal(column, input, what)} AS VARCHAR[])`;
  const checked = `CASE WHEN ${input} IS NULL THEN []::VARCHAR[] WHEN ${nested} THEN ${refused("an array of BigQuery (of one dimension)")} WHEN ${nulls} THEN ${refused("an array of BigQuery (without NULL elements)")} ELSE ${list} END`;
  return `list_transform(${checked}, lambda x: ${item("x")})`;
}

function refusal(column: SourceColumn, input: string, holder: string): string {
  const before = quoteText(`column ${column.name} holds `);
  const remedy = column.isArray ? `to_json(${column.name})` : `${column.name}::text`;
  const after = quoteText(
    `, which does not fit into ${holder}: convert it in the import's SQL, for example ${remedy}`,
  );
  return `error(${before} || left(${input}, 100) || ${after})`;
}
