import type { FieldSchema } from "../../../shared/table.ts";
import { duckdbType, quoteName, quoteText, sqlType } from "./field-types.ts";

/**
 * DuckDB expressions that read BigQuery's text forms of values (CSV and JSON files), as strictly as
 * BigQuery does: NULL where the text is no value of the type.
 */
const readers: Record<string, (text: string) => string> = {
  STRING: (t) => t,
  // DuckDB would round 1.5 and take 1_000.
  INTEGER: (t) =>
    `CASE WHEN regexp_matches(${t}, '[.eE_]') THEN NULL ELSE TRY_CAST(${t} AS BIGINT) END`,
  FLOAT: (t) => `TRY_CAST(${t} AS DOUBLE)`,
  NUMERIC: (t) => `TRY_CAST(${t} AS DECIMAL(38,9))`,
  BOOLEAN: (t) =>
    `CASE WHEN lower(trim(${t})) IN ('true','t','yes','y','1') THEN true WHEN lower(trim(${t})) IN ('false','f','no','n','0') THEN false END`,
  BYTES: (t) => `TRY(from_base64(${t}))`,
  DATE: (t) => `TRY_CAST(${t} AS DATE)`,
  DATETIME: (t) =>
    `CASE WHEN regexp_matches(${t}, '(Z|UTC|[+-]\\d\\d(:?\\d\\d)?)$') AND length(${t}) > 10 THEN NULL ELSE TRY_CAST(${t} AS TIMESTAMP) END`,
  TIMESTAMP: (t) =>
    `coalesce(TRY_CAST(${t} AS TIMESTAMPTZ), TRY(make_timestamp(CAST(TRY_CAST(${t} AS DECIMAL(38,6)) * 1000000 AS BIGINT))::TIMESTAMPTZ))`,
  TIME: (t) => `TRY_CAST(${t} AS TIME)`,
  JSON: (t) => `CASE WHEN json_valid(${t}) THEN CAST(${t} AS JSON) END`,
  INTERVAL: (t) => `TRY_CAST(${t} AS INTERVAL)`,
};

/** The value of a text, NULL for NULL and for what cannot be read. */
export function readText(field: FieldSchema, text: string): string {
  return readers[field.type]?.(text) ?? "NULL";
}

/** True where a text is there but is no value of the field. */
export function unreadableText(field: FieldSchema, text: string): string {
  return `(${text} IS NOT NULL AND (${readText(field, text)}) IS NULL)`;
}

/** The value of a text; an unreadable one ends the query with BigQuery's words. */
export function readTextOrFail(field: FieldSchema, text: string, position: number): string {
  const message = `concat('Could not parse ''', ${text}, ''' as ${sqlType({ ...field, mode: "NULLABLE" })} for field ${field.name.replaceAll("'", "''")} (position ${position})')`;
  const value = readText(field, text);
  if (value === text) return text;
  return `CASE WHEN ${text} IS NULL THEN NULL WHEN (${value}) IS NULL THEN error(${message}) ELSE ${value} END`;
}

/** The value of a JSON document's member; the wrong shape or an unreadable text ends the query. */
export function readJson(field: FieldSchema, json: string, path: string): string {
  if (field.mode === "REPEATED") {
    const item = readJson({ ...field, mode: "NULLABLE" }, "x", path);
    const refusal = fail(
      `Array specified for non-repeated field or repeated field is no array: ${path}`,
    );
    return `CASE WHEN ${json} IS NULL OR json_type(${json}) = 'NULL' THEN [] WHEN json_type(${json}) <> 'ARRAY' THEN ${refusal} ELSE list_transform(CAST(${json} AS JSON[]), lambda x: ${item}) END::${duckdbType(field)}`;
  }
  const absent = `${json} IS NULL OR json_type(${json}) = 'NULL'`;
  if (field.fields)
    return `CASE WHEN ${absent} THEN NULL ELSE ${readMembers(field.fields, json, path)} END`;
  if (field.type === "JSON") return `CASE WHEN ${absent} THEN NULL ELSE ${json} END`;
  const text = `(${json}->>'$')`;
  const shaped = `CASE WHEN json_type(${json}) IN ('OBJECT','ARRAY') THEN ${fail(`JSON object or array specified for the scalar field: ${path}`)} ELSE ${readTextOrFail(field, text, 0)} END`;
  return `CASE WHEN ${absent} THEN NULL ELSE ${shaped} END`;
}

function readMembers(fields: FieldSchema[], json: string, path: string): string {
  const members = fields.map(
    (f) =>
      `${quoteName(f.name)} := ${readJson(f, `json_extract(${json}, ${jsonPath(f.name)})`, `${path}.${f.name}`)}`,
  );
  return `struct_pack(${members.join(", ")})`;
}

/** True where `readJson` would end the query. */
export function unreadableJson(field: FieldSchema, json: string): string {
  const absent = `${json} IS NULL OR json_type(${json}) = 'NULL'`;
  if (field.mode === "REPEATED") {
    const item = unreadableJson({ ...field, mode: "NULLABLE" }, "x");
    return `CASE WHEN ${absent} THEN false WHEN json_type(${json}) <> 'ARRAY' THEN true ELSE len(list_filter(CAST(${json} AS JSON[]), lambda x: ${item})) > 0 END`;
  }
  const whenAbsent = field.mode === "REQUIRED";
  return `CASE WHEN ${absent} THEN ${whenAbsent} ELSE ${unreadableValue(field, json)} END`;
}

function unreadableValue(field: FieldSchema, json: string): string {
  if (field.type === "JSON") return "false";
  if (!field.fields) {
    return `CASE WHEN json_type(${json}) IN ('OBJECT','ARRAY') THEN true ELSE ${unreadableText(field, `(${json}->>'$')`)} END`;
  }
  const members = field.fields.map((f) =>
    unreadableJson(f, `json_extract(${json}, ${jsonPath(f.name)})`),
  );
  return `CASE WHEN json_type(${json}) <> 'OBJECT' THEN true ELSE (${members.join(" OR ")}) END`;
}

/** The names in a JSON object that are no field. */
export function unknownKeys(fields: FieldSchema[], json: string): string {
  const known = fields.map((f) => quoteText(f.name)).join(", ");
  return `list_filter(json_keys(${json}), lambda k: NOT list_contains([${known}], k))`;
}

export function jsonPath(name: string): string {
  return quoteText(`$."${name.replaceAll('"', '\\"')}"`);
}

function fail(message: string): string {
  return `error(${quoteText(message)})`;
}
