import type { FieldSchema } from "../../shared/table.ts";
import { elementOf, jsonText, typeWord } from "./staged-values.ts";
import type { TargetCheck, TargetValue } from "./target-value.ts";

/*
 * BigQuery's types in PostgreSQL; docs/exports.md has the table. A new column takes `newType`; the
 * column of an existing table stays as it is where it takes every value as it is, or refuses it.
 */

/** A column's type in an existing table; domains are what they are made of. */
export interface PostgresColumnType {
  /**
   * pg_type's name where it is built in, or of an extension that is known here; "enum" of every enum;
   * otherwise "".
   */
  name: string;
  /** pg_attribute's atttypmod. */
  modifier: number;
  /** As format_type prints it. */
  sql: string;
  /** Of an array. */
  element: PostgresColumnType | null;
}

const newTypes: Record<string, string> = {
  STRING: "text",
  BYTES: "bytea",
  INTEGER: "bigint",
  FLOAT: "double precision",
  BOOLEAN: "boolean",
  NUMERIC: "numeric(38,9)",
  BIGNUMERIC: "numeric",
  DATE: "date",
  DATETIME: "timestamp without time zone",
  TIMESTAMP: "timestamp with time zone",
  TIME: "time without time zone",
  JSON: "json",
  INTERVAL: "interval",
};

export function newType(field: FieldSchema): string {
  if (field.fields || (field.mode === "REPEATED" && field.type === "JSON")) return "json";
  const type = newTypes[typeWord(field)] ?? "text";
  return field.mode === "REPEATED" ? `${type}[]` : type;
}

/**
 * The types that keep a text, or what it stands for, or refuse it. None is here whose input rounds,
 * cuts, pads or sorts: a tsvector drops words, jsonb doubled keys, an interval the seventh digit.
 */
const takesTexts = new Set([
  ...["text", "varchar", "bpchar", "citext", "enum", "uuid", "inet", "cidr", "macaddr", "json"],
  "numeric",
]);
const plainTexts = ["text", "varchar", "bpchar", "citext"];

const takers: Record<string, Set<string>> = {
  STRING: takesTexts,
  INTEGER: new Set(["int8", "int4", "int2", "numeric"]),
  FLOAT: new Set(["float8"]),
  BOOLEAN: new Set(["bool"]),
  NUMERIC: new Set(["numeric"]),
  BIGNUMERIC: new Set(["numeric"]),
  BYTES: new Set(["bytea"]),
  DATE: new Set(["date"]),
  DATETIME: new Set(["timestamp"]),
  TIMESTAMP: new Set(["timestamptz"]),
  TIME: new Set(["time"]),
  JSON: new Set(["json", "jsonb", "text"]),
  INTERVAL: new Set(["interval", ...plainTexts]),
  RANGE: new Set([...plainTexts, "daterange", "tsrange", "tstzrange"]),
  GEOGRAPHY: new Set([...plainTexts, "geometry", "geography"]),
};

/** What the column takes of the value; null where its type cannot hold every value as it is. */
export function postgresValue(
  field: FieldSchema,
  type: PostgresColumnType,
  value: string,
): TargetValue | null {
  const takesJson = type.name === "json" || type.name === "jsonb";
  if (field.fields || (field.mode === "REPEATED" && !type.element)) {
    return takesJson ? { text: jsonText(field, value), checks: [] } : null;
  }
  if (field.mode === "REPEATED") return type.element && arrayValue(field, type.element, value);
  return type.element ? null : scalarValue(field, type, value);
}

function scalarValue(
  field: FieldSchema,
  type: PostgresColumnType,
  value: string,
): TargetValue | null {
  const word = typeWord(field);
  const isTaken = (takers[word] ?? new Set(plainTexts)).has(type.name);
  if (!isTaken || losesBySettings(word, type)) return null;
  return { text: textOf(word, value), checks: checksOf(field, type, value) };
}

/** What `numeric(3,-2)`, `interval(0)` and `interval year to month` round or drop without a word. */
function losesBySettings(word: string, type: PostgresColumnType): boolean {
  if (type.modifier < 0) return false;
  if (type.name === "interval") {
    const fields = (type.modifier >> 16) & 0x7fff;
    return fields !== 0x7fff || (type.modifier & 0xffff) < 6;
  }
  if (type.name !== "numeric") return false;
  // A text may have an exponent, which no check of its digits sees.
  return word === "STRING" || (scaleOf(type) ?? 0) < 0;
}

function textOf(word: string, value: string): string {
  return word === "BYTES" ? `'\\x' || hex(${value})` : value;
}

function checksOf(field: FieldSchema, type: PostgresColumnType, value: string): TargetCheck[] {
  const { name } = field;
  const word = typeWord(field);
  const holder = `PostgreSQL's ${type.sql}`;
  if (word === "NUMERIC" || word === "BIGNUMERIC") {
    const scale = scaleOf(type);
    if (scale === null || (word === "NUMERIC" && scale >= 9)) return [];
    const condition = `length(regexp_extract(CAST(${value} AS VARCHAR), '\\.([0-9]*[1-9])', 1)) > ${scale}`;
    return [{ condition, what: null, holder, remedy: `round ${name} in the query` }];
  }
  if (word === "DATETIME" || word === "TIMESTAMP" || word === "TIME") {
    if (type.modifier < 0 || type.modifier >= 6) return [];
    const condition = `microsecond(${value}) % ${10 ** (6 - type.modifier)} <> 0`;
    return [{ condition, what: null, holder, remedy: `truncate ${name} in the query` }];
  }
  if (isRangeOfDates(word, type)) {
    const condition = `contains(${value}, ':')`;
    return [{ condition, what: null, holder, remedy: `change ${name} in the query, or the type` }];
  }
  if (word in takers && !writtenAsText.has(word)) return [];
  const nul: TargetCheck = {
    condition: `contains(${value}, chr(0))`,
    what: "a NUL character",
    holder: "any text of PostgreSQL",
    remedy: `take it out in the query, for example by REPLACE(${name}, CODE_POINTS_TO_STRING([0]), '')`,
    kind: "nul",
  };
  return [nul, ...lengthChecks(field, type, value)];
}

const writtenAsText = new Set(["STRING", "RANGE", "INTERVAL", "GEOGRAPHY"]);

/** A daterange reads the days of moments alone. */
function isRangeOfDates(word: string, type: PostgresColumnType): boolean {
  return word === "RANGE" && type.name === "daterange";
}

function lengthChecks(field: FieldSchema, type: PostgresColumnType, value: string): TargetCheck[] {
  if (type.modifier < 4) return [];
  const length = type.modifier - 4;
  const holder = `PostgreSQL's ${type.sql}`;
  // Of char(n) PostgreSQL pads what is shorter; of varchar(n) it cuts spaces that are too many.
  const comparison = { bpchar: "<>", varchar: ">" }[type.name];
  if (!comparison) return [];
  const condition = `length(${value}) ${comparison} ${length}`;
  return [
    { condition, what: null, holder, remedy: `change ${field.name} in the query, or the type` },
  ];
}

/** Of atttypmod of numeric(p,s), as in postgres-types.ts; null where any scale is kept. */
function scaleOf({ modifier }: PostgresColumnType): number | null {
  return modifier < 4 ? null : (((modifier - 4) & 0x7ff) ^ 1024) - 1024;
}

/** `{"a","b"}`: every element quoted, so that none is read as NULL or as a brace. */
function arrayValue(
  field: FieldSchema,
  element: PostgresColumnType,
  value: string,
): TargetValue | null {
  const item = scalarValue(elementOf(field), element, "x");
  if (!item) return null;
  const escaped = `replace(replace(CAST(${item.text} AS VARCHAR), '\\', '\\\\'), '"', '\\"')`;
  const list = `list_transform(${value}, lambda x: CASE WHEN x IS NULL THEN 'NULL' ELSE '"' || ${escaped} || '"' END)`;
  return {
    text: `CASE WHEN ${value} IS NOT NULL THEN '{' || array_to_string(${list}, ',') || '}' END`,
    checks: item.checks.map((check) => ({
      ...check,
      condition: `list_bool_or(list_transform(${value}, lambda x: ${check.condition}))`,
    })),
  };
}

/** The type of a column that `newType` makes. */
export function typeOfNew(field: FieldSchema): PostgresColumnType {
  const sql = newType(field);
  const scalar = sql.replace(/\[\]$/, "");
  const name = builtinNames[scalar] ?? scalar;
  const type = { name, modifier: sql === "numeric(38,9)" ? 4 + ((38 << 16) | 9) : -1, sql: scalar };
  return scalar === sql
    ? { ...type, element: null }
    : { name: "", modifier: -1, sql, element: { ...type, element: null } };
}

const builtinNames: Record<string, string> = {
  bigint: "int8",
  "double precision": "float8",
  boolean: "bool",
  "numeric(38,9)": "numeric",
  "timestamp without time zone": "timestamp",
  "timestamp with time zone": "timestamptz",
  "time without time zone": "time",
};
