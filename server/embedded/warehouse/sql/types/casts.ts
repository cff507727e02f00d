import { bigNumericCasts, coerceBig } from "./big-numeric-casts.ts";
import type { CastForm, CastRule } from "./cast-rules.ts";
import { coerce, coerceWritten } from "./coerce.ts";
import { floatOfNumeric } from "./exact-decimals.ts";
import { rangeOfText, rangeText } from "./ranges.ts";
import { fill, isNullLiteral, letIn, nullOf, type Typed } from "./typed.ts";
import {
  fieldName,
  type GType,
  isRange,
  rangeElement,
  type ScalarKind,
  sameType,
  scalar,
} from "./types.ts";

const strict: CastForm = { cast: "CAST", fail: (message) => `error(${message})` };
const safe: CastForm = { cast: "TRY_CAST", fail: () => "NULL" };

/**
 * A text is converted only where BigQuery would read it; DuckDB reads more. What BigQuery reads and
 * we do not (`beyond`) is refused by name, under SAFE_CAST as well: NULL would be another answer.
 */
const guarded =
  (pattern: string, convert: (form: CastForm) => string, complaint: string, beyond?: string) =>
  (form: CastForm) => {
    const refused = beyond
      ? ` WHEN regexp_full_match($1, '${beyond}') THEN error('not supported by the local warehouse: a cast of ' || $1)`
      : "";
    return `CASE WHEN $1 IS NULL THEN NULL WHEN regexp_full_match($1, '${pattern}') THEN ${convert(form)}${refused} ELSE ${form.fail(`'${complaint}' || $1`)} END`;
  };

const datePart = "\\d{4}-\\d{1,2}-\\d{1,2}";
const hoursAndMinutes = "([01]?\\d|2[0-3]):[0-5]?\\d";
const timePart = `${hoursAndMinutes}:[0-5]?\\d(\\.\\d{1,6})?`;
/** A leap second is the next minute's first to BigQuery. */
const leapTime = `${hoursAndMinutes}:60(\\.\\d{1,6})?`;
const zonePart = "(\\s*([zZ]|UTC|[+-]\\d{2}(:\\d{2})?))?";

const fraction = (text: string) => `regexp_replace(${text}, '\\.(\\d{3})0{3}$', '.\\1')`;

const dateTimeText = (moment: string) =>
  `CASE WHEN $1 IS NULL THEN NULL WHEN epoch_us($1) % 1000000 = 0 THEN strftime(${moment}, '%Y-%m-%d %H:%M:%S') ELSE ${fraction(`strftime(${moment}, '%Y-%m-%d %H:%M:%S.%f')`)} END`;

const rules: Record<string, CastRule> = {
  "INT64>FLOAT64": "CAST($1 AS DOUBLE)",
  "INT64>NUMERIC": "CAST($1 AS DECIMAL(38,9))",
  "INT64>STRING": "CAST($1 AS VARCHAR)",
  "INT64>BOOL": "($1 <> 0)",
  "FLOAT64>INT64": (f) => `${f.cast}(round($1) AS BIGINT)`,
  "FLOAT64>STRING": "maestro_float_text($1)",
  "FLOAT64>NUMERIC": (f) => `${f.cast}(maestro_numeric_text($1) AS DECIMAL(38,9))`,
  "NUMERIC>INT64": (f) => `${f.cast}(round($1, 0) AS BIGINT)`,
  "NUMERIC>FLOAT64": floatOfNumeric,
  "NUMERIC>STRING": "rtrim(rtrim(CAST($1 AS VARCHAR), '0'), '.')",
  "BOOL>STRING": "CAST($1 AS VARCHAR)",
  "BOOL>INT64": "CAST($1 AS BIGINT)",
  "STRING>BYTES": "encode($1)",
  "BYTES>STRING": (f) => (f === safe ? "TRY(decode($1))" : "decode($1)"),
  "STRING>INT64": guarded(
    "\\s*[+-]?\\d+\\s*",
    (f) => `${f.cast}(trim($1) AS BIGINT)`,
    "Bad int64 value: ",
    "\\s*[+-]?0[xX][0-9a-fA-F]+\\s*",
  ),
  "STRING>FLOAT64": guarded(
    "(?i)\\s*[+-]?(\\d+\\.?\\d*(e[+-]?\\d+)?|\\.\\d+(e[+-]?\\d+)?|inf|infinity|nan)\\s*",
    (f) => `${f.cast}(trim($1) AS DOUBLE)`,
    "Bad double value: ",
  ),
  "STRING>NUMERIC": guarded(
    "(?i)\\s*[+-]?(\\d+\\.?\\d*|\\.\\d+)\\s*",
    (f) => `${f.cast}(trim($1) AS DECIMAL(38,9))`,
    "Invalid NUMERIC value: ",
    "(?i)\\s*[+-]?(\\d+\\.?\\d*|\\.\\d+)e[+-]?\\d+\\s*",
  ),
  "STRING>BOOL": guarded("(?i)true|false", () => "(lower($1) = 'true')", "Bad bool value: "),
  "STRING>DATE": guarded(datePart, (f) => `${f.cast}($1 AS DATE)`, "Invalid date: "),
  "STRING>TIME": guarded(
    timePart,
    (f) => `${f.cast}($1 AS TIME)`,
    "Invalid time string ",
    leapTime,
  ),
  "STRING>DATETIME": guarded(
    `${datePart}([tT ]${timePart})?`,
    (f) => `${f.cast}($1 AS TIMESTAMP)`,
    "Invalid datetime string ",
    `${datePart}[tT ]${leapTime}`,
  ),
  "STRING>TIMESTAMP": guarded(
    `${datePart}([tT ]${timePart}${zonePart})?`,
    (f) => `${f.cast}($1 AS TIMESTAMPTZ)`,
    "Invalid timestamp: ",
    `${datePart}([tT ](${timePart}|${leapTime}))?\\s*([+-]\\d{1,2}(:\\d{1,2})?|[A-Za-z]+(/[A-Za-z0-9_+-]+)*)?`,
  ),
  ...bigNumericCasts,
  "STRING>INTERVAL": (f) =>
    f === safe ? "TRY(maestro_parse_interval($1))" : "maestro_parse_interval($1)",
  "INTERVAL>STRING": "maestro_interval_text($1)",
  "DATE>STRING": "strftime($1, '%Y-%m-%d')",
  "DATE>DATETIME": "CAST($1 AS TIMESTAMP)",
  "DATE>TIMESTAMP": "timezone('UTC', CAST($1 AS TIMESTAMP))",
  "DATETIME>STRING": dateTimeText("$1"),
  "DATETIME>DATE": "CAST($1 AS DATE)",
  "DATETIME>TIME": "CAST($1 AS TIME)",
  "DATETIME>TIMESTAMP": "timezone('UTC', $1)",
  "TIMESTAMP>STRING": `(${dateTimeText("timezone('UTC', $1)")} || '+00')`,
  "TIMESTAMP>DATE": "CAST(timezone('UTC', $1) AS DATE)",
  "TIMESTAMP>DATETIME": "timezone('UTC', $1)",
  "TIMESTAMP>TIME": "CAST(timezone('UTC', $1) AS TIME)",
  "TIME>STRING": fraction(
    "regexp_replace(strftime(DATE '2000-01-01' + $1, '%H:%M:%S.%f'), '\\.0{6}$', '')",
  ),
};

/** Explicit CAST; null where GoogleSQL has none (or we do not know it). */
export function castTo(from: Typed, to: GType, isSafe: boolean): Typed | null {
  if (sameType(from.type, to)) return { sql: from.sql, type: to };
  if (isNullLiteral(from)) return nullOf(to);
  const form = isSafe ? safe : strict;
  if (from.type.kind === "STRUCT" || from.type.kind === "ARRAY")
    return castComposite(from, to, isSafe);
  const range = castRange(from, to, isSafe);
  if (range) return range;
  const digits = coerceWritten(from, to);
  if (digits) return digits;
  const written = to.kind === "BIGNUMERIC" && from.constant?.text ? coerceBig(from, to) : null;
  if (written !== null && !isSafe) return { sql: written, type: to };
  const rule = rules[`${from.type.kind}>${to.kind as ScalarKind}`];
  if (rule === undefined) return null;
  const template = typeof rule === "string" ? rule : rule(form);
  return { sql: fill(template, [from.sql]), type: to };
}

function castRange(from: Typed, to: GType, isSafe: boolean): Typed | null {
  if (from.type.kind === "STRING" && isRange(to.kind)) {
    const end = (text: Typed, element: ScalarKind) =>
      castTo(text, scalar(element), isSafe)?.sql ?? "NULL";
    return { sql: rangeOfText(from.sql, to.kind, end, isSafe ? null : strict.fail), type: to };
  }
  if (!isRange(from.type.kind) || to.kind !== "STRING") return null;
  const element = scalar(rangeElement(from.type.kind));
  const sql = rangeText(
    from.sql,
    (end) => castTo({ sql: end, type: element }, to, false)?.sql ?? end,
  );
  return { sql, type: to };
}

function castComposite(from: Typed, to: GType, isSafe: boolean): Typed | null {
  const implicit = coerce(from, to);
  if (implicit) return implicit;
  if (from.type.kind === "ARRAY" && to.kind === "ARRAY") {
    const element = castTo({ sql: "_e", type: from.type.element }, to.element, isSafe);
    return element && { sql: `list_transform(${from.sql}, lambda _e: ${element.sql})`, type: to };
  }
  if (from.type.kind !== "STRUCT" || to.kind !== "STRUCT") return null;
  if (from.type.fields.length !== to.fields.length) return null;
  const fields: string[] = [];
  for (const [i, field] of to.fields.entries()) {
    const own = from.type.fields[i];
    if (!own) return null;
    const access = { sql: `struct_extract($1, '${fieldName(own, i)}')`, type: own.type };
    const cast = castTo(access, field.type, isSafe);
    if (!cast) return null;
    fields.push(`"${fieldName(field, i)}" := ${cast.sql}`);
  }
  const sql = letIn(`CASE WHEN $1 IS NULL THEN NULL ELSE struct_pack(${fields.join(", ")}) END`, [
    from.sql,
  ]);
  return { sql, type: to };
}

/** The template that makes a STRING of a date or time. */
export function castTemplate(kind: "DATE" | "DATETIME" | "TIME" | "TIMESTAMP"): string {
  const rule = rules[`${kind}>STRING`];
  return typeof rule === "string" ? rule : "";
}
