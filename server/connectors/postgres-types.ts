import type { Decimal, ScalarType, SourceColumn } from "./source-column.ts";

/*
 * PostgreSQL's types in BigQuery. "Refused" fails the import before anything is staged, with the
 * column, the value and the remedy.
 *
 *   smallint, integer, bigint, oid      INT64
 *   real, double precision              FLOAT64; NaN and the infinities too; real as its shortest text
 *   numeric(p,s), s ≤ 9, p−s ≤ 29       NUMERIC; NaN is refused
 *   money                               NUMERIC
 *   numeric without or beyond that      STRING, every digit, NaN and the infinities; `x::numeric(38,9)`
 *                                       in the import's SQL makes it NUMERIC
 *   boolean                             BOOL
 *   date                                DATE      } from year 1 to 9999; others, and the infinities,
 *   timestamp                           DATETIME  } are refused: BigQuery has no such instants, and a
 *   timestamptz                         TIMESTAMP } stand-in would be a value that was never there
 *   time                                TIME; 24:00:00 is refused
 *   bytea                               BYTES
 *   json, jsonb                         JSON
 *   T[]                                 REPEATED T; NULL arrives as the empty array (BigQuery keeps no
 *                                       NULL arrays); NULL elements and several dimensions are refused
 *   json[], jsonb[]                     JSON, the array as one value
 *   everything else (text, varchar, char with its padding, uuid, enums, interval, timetz, inet, ranges,
 *   composites, geometry, bit strings, xml, …)   STRING: PostgreSQL's own text of the value
 *
 * Domains are what they are made of.
 */

export interface PostgresType {
  /** The base type's name where it is a domain. */
  name: string;
  isBuiltin: boolean;
  /** Of an array. */
  element: PostgresType | null;
}

const builtinTypes: Record<string, ScalarType> = {
  int2: "INT64",
  int4: "INT64",
  int8: "INT64",
  oid: "INT64",
  float4: "FLOAT64",
  float8: "FLOAT64",
  bool: "BOOL",
  date: "DATE",
  timestamp: "DATETIME",
  timestamptz: "TIMESTAMP",
  time: "TIME",
  bytea: "BYTES",
  json: "JSON",
  jsonb: "JSON",
  money: "NUMERIC",
};

/** `quoted` is the column's name, quoted; `modifier` is PostgreSQL's atttypmod. */
export function describeColumn(
  name: string,
  quoted: string,
  type: PostgresType,
  modifier: number,
): SourceColumn {
  const scalar = type.element ?? type;
  const decimal = scalar.isBuiltin && scalar.name === "numeric" ? declaredDecimal(modifier) : null;
  const column = { name, type: scalarType(scalar, decimal), decimal };
  if (!type.element) {
    const expression = type.name === "money" ? `${quoted}::numeric` : quoted;
    return { ...column, isArray: false, expression };
  }
  if (column.type === "JSON") {
    return { ...column, isArray: false, expression: `to_json(${quoted})` };
  }
  return { ...column, isArray: true, expression: arrayText(quoted, scalar, column.type) };
}

function scalarType(type: PostgresType, decimal: Decimal | null): ScalarType {
  if (!type.isBuiltin) return "STRING";
  if (type.name === "numeric") return decimal ? "NUMERIC" : "STRING";
  return builtinTypes[type.name] ?? "STRING";
}

/**
 * Of atttypmod of numeric(p,s), which is ((p << 16) | (s & 0x7ff)) + 4 with s signed, and −1 without
 * (p,s). Null where NUMERIC cannot hold all such values.
 */
function declaredDecimal(modifier: number): Decimal | null {
  if (modifier < 4) return null;
  const precision = ((modifier - 4) >> 16) & 0xffff;
  const scale = (((modifier - 4) & 0x7ff) ^ 1024) - 1024;
  if (scale > 9 || precision - scale > 29) return null;
  return { precision: Math.max(precision - Math.min(scale, 0), scale), scale: Math.max(scale, 0) };
}

/**
 * Elements go as texts, so that no JSON number rounds them. `::text[]` would take the padding of
 * char(n) off: what is a JSON string anyhow stays as to_json writes it.
 */
function arrayText(quoted: string, element: PostgresType, scalar: ScalarType): string {
  if (element.isBuiltin && element.name === "money") return `to_json(${quoted}::numeric[]::text[])`;
  const isText = scalar === "STRING" && element.name !== "numeric";
  return isText && element.isBuiltin && element.name === "bpchar"
    ? `to_json(${quoted})`
    : `to_json(${quoted}::text[])`;
}
