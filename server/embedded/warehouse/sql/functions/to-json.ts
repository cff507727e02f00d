import type { Context } from "../analyze/context.ts";
import { jsonString } from "../runtime/json-tree.ts";
import { castTemplate } from "../types/casts.ts";
import { quoteString } from "../types/typed.ts";
import { fieldName, type GType } from "../types/types.ts";

const quoted = (sql: string) => `('"' || ${sql} || '"')`;
const safeInteger = "9007199254740992";
const bigZeros = "0".repeat(38);

const templates: Partial<Record<GType["kind"], string>> = {
  BOOL: "CAST($1 AS VARCHAR)",
  STRING: "maestro_json_string($1)",
  JSON: "CAST($1 AS VARCHAR)",
  FLOAT64: "maestro_json_float($1)",
  BYTES: quoted("base64($1)"),
  INT64: `CASE WHEN $1 BETWEEN -${safeInteger} AND ${safeInteger} THEN CAST($1 AS VARCHAR) ELSE ${quoted("CAST($1 AS VARCHAR)")} END`,
  NUMERIC: `CASE WHEN $1 = trunc($1) AND $1 BETWEEN -${safeInteger} AND ${safeInteger} THEN CAST(CAST($1 AS HUGEINT) AS VARCHAR) ELSE ${quoted("rtrim(rtrim(CAST($1 AS VARCHAR), '0'), '.')")} END`,
  BIGNUMERIC: `CASE WHEN maestro_big_text($1) NOT LIKE '%.%' AND $1 BETWEEN '-${safeInteger}${bigZeros}'::BIGNUM AND '${safeInteger}${bigZeros}'::BIGNUM THEN maestro_big_text($1) ELSE ${quoted("maestro_big_text($1)")} END`,
  DATE: quoted(castTemplate("DATE")),
  TIME: quoted(castTemplate("TIME")),
  DATETIME: quoted(`replace(${castTemplate("DATETIME")}, ' ', 'T')`),
  INTERVAL: quoted("maestro_interval_iso($1)"),
  TIMESTAMP: quoted(`replace(replace(${castTemplate("TIMESTAMP")}, ' ', 'T'), '+00', 'Z')`),
};

/** Numbers that are no doubles, as numbers all the same. */
const wideNumbers: Partial<Record<GType["kind"], string>> = {
  INT64: "CAST($1 AS VARCHAR)",
  FLOAT64: "CASE WHEN isfinite($1) THEN maestro_json_double($1) ELSE maestro_json_float($1) END",
  NUMERIC: "rtrim(rtrim(CAST($1 AS VARCHAR), '0'), '.')",
  BIGNUMERIC: "maestro_big_text($1)",
};

/** What becomes of a number that is no double: a JSON text, or a JSON number. */
type Wide = "text" | "number";

/** DuckDB's SQL for TO_JSON_STRING of `value`, which is an expression that may be repeated. */
export function toJsonText(ctx: Context, type: GType, value: string, wide: Wide = "text"): string {
  return `coalesce(${present(ctx, type, value, wide)}, 'null')`;
}

function present(ctx: Context, type: GType, value: string, wide: Wide): string {
  if (type.kind === "ARRAY") {
    const name = ctx.id("j");
    const element = toJsonText(ctx, type.element, name, wide);
    return `('[' || array_to_string(list_transform(${value}, lambda ${name}: ${element}), ',') || ']')`;
  }
  if (type.kind === "STRUCT") {
    const fields = type.fields.map((field, i) => {
      const member = `struct_extract(${value}, ${quoteString(fieldName(field, i))})`;
      return `${quoteString(`${jsonString(field.name ?? "")}:`)} || ${toJsonText(ctx, field.type, member, wide)}`;
    });
    return `CASE WHEN ${value} IS NULL THEN NULL ELSE '{' || ${fields.join(" || ',' || ")} || '}' END`;
  }
  const template = (wide === "number" ? wideNumbers[type.kind] : undefined) ?? templates[type.kind];
  if (!template) throw ctx.refuse(`TO_JSON_STRING of ${type.kind}`);
  return template.replaceAll("$1", value);
}
