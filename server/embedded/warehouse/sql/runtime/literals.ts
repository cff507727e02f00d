import {
  DuckDBBlobValue,
  DuckDBDateValue,
  DuckDBDecimalValue,
  DuckDBIntervalValue,
  DuckDBListValue,
  DuckDBStructValue,
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
  DuckDBTimeValue,
  type DuckDBValue,
} from "@duckdb/node-api";
import { boundless } from "../types/ranges.ts";
import { bytes, float64, int64, nullOf, quoteString } from "../types/typed.ts";
import {
  duckType,
  fieldName,
  type GType,
  isRange,
  quoteName,
  type RangeKind,
} from "../types/types.ts";

/** A value that DuckDB answered, as DuckDB's SQL for exactly this value. */
export function literalOf(value: DuckDBValue, type: GType): string {
  if (value === null) return nullOf(type).sql;
  if (type.kind === "ARRAY") {
    const items = value instanceof DuckDBListValue ? value.items : [];
    const parts = items.map((item) => literalOf(item, type.element));
    return `CAST([${parts.join(", ")}] AS ${duckType(type)})`;
  }
  if (type.kind === "STRUCT") {
    const entries = value instanceof DuckDBStructValue ? Object.values(value.entries) : [];
    const parts = type.fields.map(
      (field, i) =>
        `${quoteName(fieldName(field, i))} := ${literalOf(entries[i] ?? null, field.type)}`,
    );
    return `struct_pack(${parts.join(", ")})`;
  }
  if (isRange(type.kind)) return rangeOf(value, type.kind);
  return scalarLiteral(value, duckType(type));
}

/** Its two ends, infinite where there is none. */
function rangeOf(value: DuckDBValue, kind: RangeKind): string {
  const ends = value instanceof DuckDBStructValue ? Object.values(value.entries) : [];
  const [start, end] = boundless(kind).map((infinity, i) => {
    const own = ends[i] ?? null;
    const isBounded = typeof own === "object" && own !== null && "isFinite" in own && own.isFinite;
    return isBounded ? scalarLiteral(own, "") : infinity;
  });
  return `struct_pack("start" := ${start}, "end" := ${end})`;
}

function scalarLiteral(value: DuckDBValue, type: string): string {
  switch (typeof value) {
    case "bigint":
      return type === "BIGNUM" ? `'${value}'::BIGNUM` : int64(value).sql;
    case "number":
      return float64(value).sql;
    case "boolean":
      return String(value);
    case "string":
      return type === "VARCHAR" ? textLiteral(value) : `CAST(${quoteString(value)} AS ${type})`;
  }
  if (value instanceof DuckDBBlobValue) return bytes(value.bytes).sql;
  if (value instanceof DuckDBIntervalValue) {
    return `(to_months(${value.months}) + to_days(${value.days}) + to_microseconds(${value.micros}))`;
  }
  if (value instanceof DuckDBTimestampTZValue) {
    return `make_timestamptz(${value.micros}::BIGINT)`;
  }
  if (value instanceof DuckDBTimestampValue) return `make_timestamp(${value.micros}::BIGINT)`;
  if (value instanceof DuckDBDateValue) return `(DATE '1970-01-01' + (${value.days})::INTEGER)`;
  if (value instanceof DuckDBTimeValue || value instanceof DuckDBDecimalValue) {
    return `'${String(value)}'::${type}`;
  }
  throw new Error(`a value has no literal: ${String(value)}`);
}

function textLiteral(value: string): string {
  const sql = quoteString(value);
  return sql.includes("chr(0)") ? `(${sql})` : sql;
}
