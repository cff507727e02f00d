import type { Digits } from "../../contract.ts";
import { duckType, type GType, scalar } from "./types.ts";

/** A GoogleSQL expression in DuckDB's SQL, with its type. */
export interface Typed {
  sql: string;
  type: GType;
  /** A constant of the query's text, or a parameter: these coerce more freely. */
  constant?: Constant;
  /** FLOAT64 arithmetic before its check for overflow: what a larger sum is made of. */
  arithmetic?: Arithmetic;
  /** A NUMERIC, or an INT64 as one, that is known to be small. */
  exact?: ExactDecimal;
  /** The parts of a struct constructor or an array literal, which coerce one by one. */
  parts?: Typed[];
}

export interface Arithmetic {
  /** Over `$1` … */
  template: string;
  leaves: Typed[];
}

/**
 * A NUMERIC that is known to be small.
 *
 * DuckDB counts DECIMAL(38,9) in 128 bits, and takes long to round a product of two. Where the digits
 * of an expression are known (of constants, of columns that came with fewer digits) it is computed
 * as a decimal of just these, in 64 bits if they suffice. This is exact: a result that could overflow
 * NUMERIC has none of it. `Typed.sql` still is a DECIMAL(38,9), for all who do not look at this.
 */
export interface ExactDecimal extends Digits {
  /**
   * A DECIMAL(width, scale). Of two decimals with more than 38 digits before and behind the point
   * together DuckDB would compare, and merge, rounded ones: none has more than NUMERIC on either side.
   */
  sql: string;
}

export interface Constant {
  value: string | bigint | number | boolean | null | Uint8Array;
  parameter?: boolean;
  /** A FLOAT64 as it was written: a BIGNUMERIC takes all of its digits. */
  text?: string;
}

export function quoteString(text: string): string {
  // DuckDB has no escape for NUL in a quoted string.
  const quoted = `'${text.replaceAll("'", "''")}'`;
  return quoted.includes("\0") ? quoted.split("\0").join("' || chr(0) || '") : quoted;
}

export function typedNull(type: GType = scalar("INT64")): Typed {
  return { sql: `CAST(NULL AS ${duckType(type)})`, type, constant: { value: null } };
}

/** A NULL that has its type: no literal any more. */
export function nullOf(type: GType): Typed {
  return { sql: `CAST(NULL AS ${duckType(type)})`, type };
}

export const isNullLiteral = (t: Typed): boolean => t.constant?.value === null;

export function int64(value: bigint | number): Typed {
  const exact = BigInt(value);
  return {
    sql: exact < 0n ? `(${exact})::BIGINT` : `${exact}::BIGINT`,
    type: scalar("INT64"),
    constant: { value: exact },
  };
}

export function float64(value: number, text?: string): Typed {
  const constant = text === undefined ? { value } : { value, text };
  return { sql: float64Sql(value), type: scalar("FLOAT64"), constant };
}

/** A number with an exponent is a DOUBLE to DuckDB; without one it is a DECIMAL, and rounds twice. */
function float64Sql(value: number): string {
  if (!Number.isFinite(value)) return `'${value}'::DOUBLE`;
  const text = Math.abs(value).toExponential();
  return value < 0 || Object.is(value, -0) ? `(-${text})` : text;
}

export function string(value: string): Typed {
  const sql = quoteString(value);
  return {
    sql: sql.includes("chr(0)") ? `(${sql})` : sql,
    type: scalar("STRING"),
    constant: { value },
  };
}

export function bytes(value: Uint8Array): Typed {
  const hex = [...value].map((b) => `\\x${b.toString(16).padStart(2, "0").toUpperCase()}`);
  return { sql: `'${hex.join("")}'::BLOB`, type: scalar("BYTES"), constant: { value } };
}

export function bool(value: boolean): Typed {
  return { sql: value ? "true" : "false", type: scalar("BOOL"), constant: { value } };
}

/** INTERVAL, of its three numbers. */
export function intervalSql(value: { months: bigint; days: bigint; micros: bigint }): string {
  return `(to_months(${value.months}) + to_days(${value.days}) + to_microseconds(${value.micros}::BIGINT))`;
}

const simple =
  /^(?:(?:CAST\()?_\w+\."(?:[^"]|"")*"(?: AS DECIMAL\(\d+,\d\)\))?|'(?:[^'])*'|\(?-?[\d.]+(?:e[+-]\d+)?\)?(?:::\w+)?|true|false|_l\.\w+|\$\d)$/;

/** Short enough to stand twice in an expression. */
export function isSimple(sql: string): boolean {
  return sql.length < 100 && simple.test(sql);
}

/**
 * Fills `$1`, `$2` …, `$*` (all arguments) and `$&` (all, between `||`). An argument that stands more than once and is no mere
 * name is computed once: DuckDB has no LET, so a lambda over a list of one struct holds the values.
 */
export function fill(template: string, args: string[]): string {
  const counts = args.map((_, i) => template.split(new RegExp(`\\$${i + 1}(?!\\d)`)).length - 1);
  const repeated = args.map((arg, i) => (counts[i] ?? 0) > 1 && !isSimple(arg));
  return repeated.includes(true) ? letIn(template, args) : substitute(template, args);
}

function substitute(template: string, args: string[]): string {
  return template.replace(/\$(\d+|\*|&)/g, (_, which: string) => {
    if (which === "*") return args.join(", ");
    return which === "&" ? args.join(" || ") : (args[Number(which) - 1] ?? "NULL");
  });
}

/** Every argument is computed once, outside of the template. */
export function letIn(template: string, args: string[]): string {
  const inner = args.map((arg, i) =>
    isSimple(arg) && !/^(CAST\()?_/.test(arg) ? arg : `_l.p${i + 1}`,
  );
  const held = args.flatMap((arg, i) => (inner[i] === arg ? [] : [`p${i + 1} := ${arg}`]));
  const body = substitute(template, inner);
  if (held.length === 0) return body;
  return `list_transform([struct_pack(${held.join(", ")})], lambda _l: ${body})[1]`;
}
