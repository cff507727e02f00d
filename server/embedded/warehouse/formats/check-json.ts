import type { FieldSchema } from "../../../../shared/table.ts";

/** Why a line has not the shape of the schema, in BigQuery's words; null where it has. */
export function jsonFlaw(schema: FieldSchema[], line: string, isStrict: boolean): string | null {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return "Parser terminated before end of string";
  }
  if (!isObject(value)) return "Start of an object is expected.";
  return objectFlaw(schema, value, "", isStrict);
}

/** The first field of a row that the schema does not have, or has in another shape. */
export function objectFlaw(
  schema: FieldSchema[],
  object: Record<string, unknown>,
  path: string,
  isStrict: boolean,
): string | null {
  const known = new Map(schema.map((field) => [field.name, field]));
  for (const [key, value] of Object.entries(object)) {
    const field = known.get(key);
    const name = path === "" ? key : `${path}.${key}`;
    const flaw = field
      ? fieldFlaw(field, value, name, isStrict)
      : isStrict
        ? `No such field: ${name}.`
        : null;
    if (flaw) return flaw;
  }
  const missing = schema.find(
    ({ mode, name }) => mode === "REQUIRED" && (object[name] ?? null) === null,
  );
  if (!missing) return null;
  return `Missing required field: ${path === "" ? missing.name : `${path}.${missing.name}`}.`;
}

function fieldFlaw(
  field: FieldSchema,
  value: unknown,
  path: string,
  isStrict: boolean,
): string | null {
  if (value === null) return null;
  if (field.mode !== "REPEATED") return itemFlaw(field, value, path, isStrict);
  if (!Array.isArray(value)) {
    return `Repeated field must be imported as a JSON array. Field: ${path}.`;
  }
  for (const item of value as unknown[]) {
    if (item === null)
      return `Only optional fields can be set to NULL. Field: ${path}; Value: NULL`;
    const flaw = itemFlaw(field, item, path, isStrict);
    if (flaw) return flaw;
  }
  return null;
}

function itemFlaw(
  field: FieldSchema,
  value: unknown,
  path: string,
  isStrict: boolean,
): string | null {
  if (field.type === "JSON") return null;
  if (Array.isArray(value)) return `Array specified for non-repeated field: ${path}.`;
  if (field.fields) {
    if (isObject(value)) return objectFlaw(field.fields, value, path, isStrict);
    return `This field: ${path} is not a record.`;
  }
  return isObject(value) ? `JSON object specified for non-record field: ${path}` : null;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
