import type { FieldSchema } from "../../../shared/table.ts";
import { duckdbType, quoteName, quoteText, sqlType } from "./field-types.ts";
import { castTo } from "./sql/types/casts.ts";
import { fromField, scalar } from "./sql/types/types.ts";

/**
 * DuckDB expressions that read BigQuery's text forms of values (CSV and JSON files), as strictly as
 * BigQuery does: NULL where the text is no value of the type.
 */
const readers: Record<string, (text: string) => string> = {
  STRING: (t) => t,
  // DuckDB would round 1.5 and take 1_000.
  INTEGER: (t) => unless(containsAny(t, [".", "e", "E", "_"]), `TRY_CAST(${t} AS BIGINT)`),
  FLOAT: (t) => unless(containsAny(t, ["_"]), `TRY_CAST(${t} AS DOUBLE)`),
  NUMERIC: (t) => unless(containsAny(t, ["_"]), `TRY_CAST(${t} AS DECIMAL(38,9))`),
  BIGNUMERIC: (t) => `TRY(maestro_parse_big(${t}))`,
  BOOLEAN: (t) =>
    `CASE WHEN lower(trim(${t})) IN ('true','t','yes','y','1') THEN true WHEN lower(trim(${t})) IN ('false','f','no','n','0') THEN false END`,
  BYTES: (t) => `TRY(from_base64(${t}))`,
  DATE: (t) => `TRY_CAST(${t} AS DATE)`,
  // DuckDB would take an offset, and leave it out.
  DATETIME: (t) =>
    unless(containsAny(`substr(${t}, 11)`, ["Z", "+", "-", "U"]), `TRY_CAST(${t} AS TIMESTAMP)`),
  TIMESTAMP: (t) =>
    `coalesce(TRY_CAST(${t} AS TIMESTAMPTZ), TRY(make_timestamp(CAST(TRY_CAST(${t} AS DECIMAL(38,6)) * 1000000 AS BIGINT))::TIMESTAMPTZ))`,
  TIME: (t) => `TRY_CAST(${t} AS TIME)`,
  JSON: (t) => `TRY_CAST(${t} AS JSON)`,
  INTERVAL: (t) => `TRY(maestro_parse_interval(${t}))`,
};

function unless(condition: string, value: string): string {
  return `CASE WHEN ${condition} THEN NULL ELSE ${value} END`;
}

function containsAny(text: string, parts: string[]): string {
  return parts.map((part) => `contains(${text}, '${part}')`).join(" OR ");
}

/** The value of a text, NULL for NULL and for what cannot be read. */
export function readText(field: FieldSchema, text: string): string {
  if (field.rangeElementType) return readRange(field, text);
  return readers[field.type]?.(text) ?? "NULL";
}

/** `[start, end)`, or a JSON object of both ends where one that is absent is unbounded. */
function readRange(field: FieldSchema, text: string): string {
  const type = fromField({ ...field, mode: "NULLABLE" });
  const ends = ["start", "end"].map(
    (which) =>
      `coalesce(json_extract_string(TRY_CAST(${text} AS JSON), '$.${which}'), 'UNBOUNDED')`,
  );
  const plain = `CASE WHEN starts_with(${text}, '{') THEN '[' || ${ends.join(" || ', ' || ")} || ')' ELSE ${text} END`;
  const value = type && castTo({ sql: plain, type: scalar("STRING") }, type, true);
  return value?.sql ?? "NULL";
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
  return `coalesce(${value}, CASE WHEN ${text} IS NOT NULL THEN error(${message}) END)`;
}

/**
 * The value of a JSON object's member; the wrong shape or an unreadable text ends the query. Strict:
 * so do members that are no field.
 */
export function readMember(
  field: FieldSchema,
  object: string,
  path: string,
  isStrict: boolean,
): string {
  const at = jsonPath(field.name);
  const text = `json_extract_string(${object}, ${at})`;
  return readJson(field, { json: `json_extract(${object}, ${at})`, text, path, isStrict });
}

interface JsonPlace {
  json: string;
  text: string;
  path: string;
  isStrict: boolean;
}

function readJson(field: FieldSchema, place: JsonPlace): string {
  const { json, text, path, isStrict } = place;
  const absent = `${json} IS NULL OR json_type(${json}) = 'NULL'`;
  if (field.mode === "REPEATED") {
    const one = { ...field, mode: "NULLABLE" as const };
    const item = readJson(one, { json: "x", text: "(x->>'$')", path, isStrict });
    const refusal = fail(`Repeated field must be imported as a JSON array. Field: ${path}.`);
    const hole = fail(`Only optional fields can be set to NULL. Field: ${path}; Value: NULL`);
    return `CASE WHEN ${absent} THEN [] WHEN json_type(${json}) <> 'ARRAY' THEN ${refusal} ELSE list_transform(CAST(${json} AS JSON[]), lambda x: CASE WHEN x IS NULL OR json_type(x) = 'NULL' THEN ${hole} ELSE ${item} END) END::${duckdbType(field)}`;
  }
  if (field.fields) {
    const members = field.fields.map(
      (f) => `${quoteName(f.name)} := ${readMember(f, json, `${path}.${f.name}`, isStrict)}`,
    );
    const unknown = isStrict
      ? `WHEN len(${unknownKeys(field.fields, json)}) > 0 THEN ${fail(`No such field in ${path}`)} `
      : "";
    return `CASE WHEN ${absent} THEN NULL WHEN json_type(${json}) <> 'OBJECT' THEN ${fail(`This field: ${path} is not a record.`)} ${unknown}ELSE struct_pack(${members.join(", ")}) END`;
  }
  if (field.type === "JSON") return unless(absent, json);
  if (field.type !== "STRING") return readTextOrFail(field, text, 0);
  // A text that looks like a document may be one.
  const suspect = `(starts_with(${text}, '{') OR starts_with(${text}, '['))`;
  const refusal = fail(`JSON object or array specified for the scalar field: ${path}`);
  return `CASE WHEN ${suspect} AND json_type(${json}) IN ('OBJECT', 'ARRAY') THEN ${refusal} ELSE ${text} END`;
}

/** True where `readMember` would end the query. */
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
    return `CASE WHEN json_type(${json}) IN (${field.rangeElementType ? "'ARRAY'" : "'OBJECT','ARRAY'"}) THEN true ELSE ${unreadableText(field, `(${json}->>'$')`)} END`;
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
