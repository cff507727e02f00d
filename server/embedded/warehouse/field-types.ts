import type { FieldSchema } from "../../../shared/table.ts";
import { WarehouseError } from "./contract.ts";
import { duckType, fromField } from "./sql/types/types.ts";

/** BigQuery's type words (REST and SQL spellings) by the DuckDB type that stores them. */
const storedAs: Record<string, string> = {
  STRING: "VARCHAR",
  BYTES: "BLOB",
  INTEGER: "BIGINT",
  FLOAT: "DOUBLE",
  BOOLEAN: "BOOLEAN",
  NUMERIC: "DECIMAL(38,9)",
  BIGNUMERIC: "BIGNUM",
  DATE: "DATE",
  DATETIME: "TIMESTAMP",
  TIMESTAMP: "TIMESTAMPTZ",
  TIME: "TIME",
  JSON: "JSON",
  INTERVAL: "INTERVAL",
  /** Of a DATE: what the ends are is the field's own. */
  RANGE: 'STRUCT("start" DATE, "end" DATE)',
};

const synonyms: Record<string, string> = {
  INT64: "INTEGER",
  INT: "INTEGER",
  FLOAT64: "FLOAT",
  BOOL: "BOOLEAN",
  STRUCT: "RECORD",
  DECIMAL: "NUMERIC",
  BIGDECIMAL: "BIGNUMERIC",
};

const notSupported = new Set(["GEOGRAPHY"]);
const maxNesting = 15;

/** REST's word for a type: INTEGER for INT64, RECORD for STRUCT … Throws for unknown ones. */
export function restType(type: string): string {
  const upper = type.toUpperCase();
  const word = synonyms[upper] ?? upper;
  if (word === "RECORD" || storedAs[word]) return word;
  if (notSupported.has(word)) {
    throw new WarehouseError(
      "notImplemented",
      `The type ${word} is not supported by the local warehouse`,
    );
  }
  throw new WarehouseError("invalid", `Invalid value for type: ${type} is not a valid value`);
}

/** What BigQuery keeps of a field beside the structure; passed through. */
const kept = ["description", "policyTags", "maxLength", "precision", "scale", "roundingMode"];
const fieldName = /^[\p{L}\p{N}_ &%=+:'<>#|-]{1,300}$/u;

/**
 * A schema as clients send it (`{ fields: [...] }`), checked and in canonical words. Default values only
 * where the caller checks them (check-defaults.ts).
 */
export function parseSchema(input: unknown, takesDefaults = false): FieldSchema[] {
  const fields = (input as { fields?: unknown } | undefined)?.fields;
  if (!Array.isArray(fields)) throw new WarehouseError("invalid", "Schema has no fields.");
  return parseFields(fields, 1, takesDefaults);
}

function parseFields(fields: unknown[], depth: number, takesDefaults = false): FieldSchema[] {
  if (depth > maxNesting) {
    throw new WarehouseError("invalid", `Too many nested fields (more than ${maxNesting}).`);
  }
  const seen = new Set<string>();
  return fields.map((entry) => {
    const field = parseField(entry as Record<string, unknown>, depth, takesDefaults);
    const key = field.name.toLowerCase();
    if (seen.has(key)) throw new WarehouseError("invalid", `Duplicate field: ${field.name}`);
    seen.add(key);
    return field;
  });
}

function parseField(
  input: Record<string, unknown>,
  depth: number,
  takesDefaults: boolean,
): FieldSchema {
  const name = input["name"];
  if (typeof name !== "string" || !fieldName.test(name)) {
    throw new WarehouseError("invalid", `Invalid field name "${String(name)}".`);
  }
  const type = restType(String(input["type"] ?? ""));
  const mode = String(input["mode"] ?? "NULLABLE").toUpperCase();
  if (mode !== "NULLABLE" && mode !== "REQUIRED" && mode !== "REPEATED") {
    throw new WarehouseError("invalid", `Invalid value for mode: ${mode} is not a valid value`);
  }
  const field: FieldSchema = { name, type, mode, ...defaultOf(name, input, takesDefaults) };
  for (const key of kept) {
    if (input[key] !== undefined) Object.assign(field, { [key]: input[key] });
  }
  if (type === "BIGNUMERIC") refuseNarrow(name, input);
  if (type === "RANGE") return { ...field, rangeElementType: rangeElementOf(name, input) };
  if (type !== "RECORD") return field;
  const fields = input["fields"];
  if (!Array.isArray(fields) || fields.length === 0) {
    throw new WarehouseError("invalid", `Field ${name} is type RECORD but has no schema`);
  }
  return { ...field, fields: parseFields(fields, depth + 1) };
}

function defaultOf(name: string, input: Record<string, unknown>, isTaken: boolean) {
  const value = input["defaultValueExpression"];
  if (!value) return {};
  if (isTaken) return { defaultValueExpression: String(value) };
  throw new WarehouseError(
    "notImplemented",
    `Field ${name}: defaultValueExpression is not supported by the local warehouse but for columns of a table resource`,
  );
}

/** Nothing would round the values to it. */
function refuseNarrow(name: string, input: Record<string, unknown>): void {
  if (input["precision"] === undefined && input["scale"] === undefined) return;
  throw new WarehouseError(
    "notImplemented",
    `Field ${name}: BIGNUMERIC with a precision or scale is not supported by the local warehouse`,
  );
}

function rangeElementOf(name: string, input: Record<string, unknown>): { type: string } {
  const { type } = (input["rangeElementType"] ?? {}) as { type?: unknown };
  const word = String(type ?? "").toUpperCase();
  if (["DATE", "DATETIME", "TIMESTAMP"].includes(word)) return { type: word };
  throw new WarehouseError(
    "invalid",
    `Field ${name} is type RANGE but its rangeElementType is not DATE, DATETIME or TIMESTAMP`,
  );
}

/** The DuckDB type of a field, lists and structs included. */
export function duckdbType(field: FieldSchema): string {
  const range = field.rangeElementType && fromField({ ...field, mode: "NULLABLE" });
  const item = range
    ? duckType(range)
    : field.fields
      ? `STRUCT(${field.fields.map((f) => `${quoteName(f.name)} ${duckdbType(f)}`).join(", ")})`
      : storedAs[restType(field.type)];
  if (item === undefined) throw new WarehouseError("invalid", `Field ${field.name} has no schema`);
  return field.mode === "REPEATED" ? `${item}[]` : item;
}

const sqlWords: Record<string, string> = { INTEGER: "INT64", FLOAT: "FLOAT64", BOOLEAN: "BOOL" };

/** A field's type as GoogleSQL writes it: `ARRAY<STRUCT<a INT64>>`. */
export function sqlType(field: FieldSchema): string {
  const item = field.fields
    ? `STRUCT<${field.fields.map((f) => `${f.name} ${sqlType(f)}`).join(", ")}>`
    : field.rangeElementType
      ? `RANGE<${field.rangeElementType.type}>`
      : (sqlWords[field.type] ?? field.type);
  return field.mode === "REPEATED" ? `ARRAY<${item}>` : item;
}

/** `name TYPE, …` of a CREATE TABLE. REQUIRED is kept for top-level columns only. */
export function columnDefinitions(
  schema: FieldSchema[],
  digits: { name: string; width: number; scale: number }[] = [],
): string {
  return schema
    .map((field) => {
      const required = field.mode === "REQUIRED" ? " NOT NULL" : "";
      const narrow =
        field.type === "NUMERIC" ? digits.find(({ name }) => name === field.name) : undefined;
      const type = narrow ? `DECIMAL(${narrow.width},${narrow.scale})` : duckdbType(field);
      return `${quoteName(field.name)} ${type}${required}`;
    })
    .join(", ");
}

export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

export function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** A DuckDB type as BigQuery's field, for files that carry types of their own. */
export function fieldOfDuckdbType(name: string, type: string): FieldSchema {
  if (type.endsWith("[]")) {
    const item = fieldOfDuckdbType(name, type.slice(0, -2));
    if (item.mode === "REPEATED") {
      throw new WarehouseError("invalid", `Field ${name}: arrays of arrays are not supported`);
    }
    return { ...item, mode: "REPEATED" };
  }
  if (type.startsWith("STRUCT(")) {
    const fields = structMembers(type.slice(7, -1)).map(([member, memberType]) =>
      fieldOfDuckdbType(member, memberType),
    );
    return { name, type: "RECORD", mode: "NULLABLE", fields };
  }
  return { name, type: scalarOfDuckdb(name, type), mode: "NULLABLE" };
}

function scalarOfDuckdb(name: string, type: string): string {
  if (/^U?(TINY|SMALL|BIG|)INT(EGER)?$/.test(type) || type === "HUGEINT") return "INTEGER";
  if (type.startsWith("DECIMAL")) return "NUMERIC";
  if (type === "TIMESTAMP WITH TIME ZONE") return "TIMESTAMP";
  if (type.startsWith("TIMESTAMP")) return "DATETIME";
  if (type === "FLOAT" || type === "DOUBLE") return "FLOAT";
  const found = Object.entries(storedAs).find(([, stored]) => stored === type)?.[0];
  if (found) return found;
  if (type === "UUID" || type.startsWith("ENUM")) return "STRING";
  throw new WarehouseError("invalid", `Field ${name} has the unsupported type ${type}`);
}

/** Splits `"a" BIGINT, "b" STRUCT(…)[]` at the top level. */
function structMembers(text: string): [string, string][] {
  const members: [string, string][] = [];
  let rest = text;
  while (rest !== "") {
    const name = /^(?:"((?:[^"]|"")*)"|([^\s"]+)) /.exec(rest);
    if (!name) throw new WarehouseError("invalid", `Unreadable type STRUCT(${text})`);
    const type = leadingType(rest.slice(name[0].length));
    members.push([(name[1] ?? name[2] ?? "").replaceAll('""', '"'), type]);
    rest = rest.slice(name[0].length + type.length).replace(/^, /, "");
  }
  return members;
}

function leadingType(text: string): string {
  let depth = 0;
  let quoted = false;
  for (let i = 0; i < text.length; i += 1) {
    const c = text[i];
    if (c === '"' || c === "'") quoted = !quoted;
    else if (quoted) continue;
    else if (c === "(") depth += 1;
    else if (c === ")") depth -= 1;
    else if (c === "," && depth === 0) return text.slice(0, i);
  }
  return text;
}
