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
import type { FieldSchema } from "../../../shared/table.ts";
import { WarehouseError } from "./contract.ts";
import { bigText } from "./sql/runtime/big-numerics.ts";
import { intervalText } from "./sql/runtime/interval-texts.ts";

/** A cell as REST gives it (`tabledata.list`, `getQueryResults`). */
export interface Cell {
  v: string | null | Cell[] | { f: Cell[] };
}

export interface CellOptions {
  /** Microseconds as an integer; otherwise seconds as a float. */
  int64Timestamps: boolean;
}

export function encodeRow(
  values: readonly DuckDBValue[],
  schema: FieldSchema[],
  options: CellOptions,
): { f: Cell[] } {
  return { f: schema.map((field, i) => ({ v: encodeValue(values[i] ?? null, field, options) })) };
}

function encodeValue(value: DuckDBValue, field: FieldSchema, options: CellOptions): Cell["v"] {
  if (field.mode === "REPEATED") {
    // BigQuery has no NULL arrays: one that is stored reads as empty.
    const items = value instanceof DuckDBListValue ? value.items : [];
    const item = { ...field, mode: "NULLABLE" as const };
    return items.map((entry) => ({ v: encodeValue(entry, item, options) }));
  }
  if (value === null) return null;
  if (field.fields && value instanceof DuckDBStructValue) {
    return encodeRow(Object.values(value.entries), field.fields, options);
  }
  const { rangeElementType } = field;
  if (rangeElementType && value instanceof DuckDBStructValue) {
    const ends = Object.values(value.entries).map((end) => endText(end, options));
    return `[${ends.join(", ")})`;
  }
  // A BIGNUMERIC is a whole number of its smallest units.
  if (field.type === "BIGNUMERIC" && typeof value === "bigint") return bigText(value);
  return encodeScalar(value, options);
}

/** One end of a RANGE; what has none is infinite to DuckDB. */
function endText(end: DuckDBValue, options: CellOptions): string {
  const isUnbounded = typeof end === "object" && end !== null && "isFinite" in end && !end.isFinite;
  return isUnbounded ? "UNBOUNDED" : encodeScalar(end, options);
}

function encodeScalar(value: DuckDBValue, options: CellOptions): string {
  switch (typeof value) {
    case "string":
      return value;
    case "bigint":
    case "boolean":
      return String(value);
    case "number":
      return floatText(value);
  }
  if (value instanceof DuckDBDecimalValue) return decimalText(value);
  if (value instanceof DuckDBTimestampTZValue) return timestampText(value.micros, options);
  if (value instanceof DuckDBTimestampValue) return datetimeText(value.micros);
  if (value instanceof DuckDBDateValue) return dateText(value.days);
  if (value instanceof DuckDBTimeValue) return timeText(value.micros);
  if (value instanceof DuckDBBlobValue) return Buffer.from(value.bytes).toString("base64");
  if (value instanceof DuckDBIntervalValue) {
    const { months, days, micros } = value;
    return intervalText({ months: BigInt(months), days: BigInt(days), micros });
  }
  throw new WarehouseError("internalError", `A value has no form in REST: ${String(value)}`);
}

function floatText(value: number): string {
  if (Object.is(value, -0)) return "-0.0";
  return Number.isInteger(value) && Math.abs(value) < 1e15 ? `${value}.0` : String(value);
}

function decimalText(value: DuckDBDecimalValue): string {
  const text = value.toString();
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}

function timestampText(micros: bigint, options: CellOptions): string {
  if (options.int64Timestamps) return String(micros);
  const sign = micros < 0n ? "-" : "";
  const size = micros < 0n ? -micros : micros;
  const fraction = String(size % 1_000_000n).padStart(6, "0");
  return `${sign}${size / 1_000_000n}.${fraction.replace(/0+$/, "") || "0"}`;
}

function timeText(micros: bigint): string {
  const seconds = Number(micros / 1_000_000n);
  const part = (n: number) => String(n).padStart(2, "0");
  const clock = `${part(Math.floor(seconds / 3600))}:${part(Math.floor(seconds / 60) % 60)}:${part(seconds % 60)}`;
  const fraction = micros % 1_000_000n;
  return fraction === 0n ? clock : `${clock}.${String(fraction).padStart(6, "0")}`;
}

const dayMicros = 86_400_000_000n;

function datetimeText(micros: bigint): string {
  const time = ((micros % dayMicros) + dayMicros) % dayMicros;
  return `${dateText(Number((micros - time) / dayMicros))}T${timeText(time)}`;
}

function dateText(days: number): string {
  return new Date(days * 86_400_000).toISOString().slice(0, 10);
}
