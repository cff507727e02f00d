import type { FieldSchema } from "../../../shared/table.ts";
import { WarehouseError } from "./contract.ts";
import { fieldOfDuckdbType } from "./field-types.ts";
import { readGroups } from "./load-csv.ts";
import type { LoadConfiguration, LoadSource } from "./load-source.ts";
import { jsonPath, readMember, unknownKeys, unreadableJson } from "./parse-values.ts";
import type { SourceFile } from "./source-objects.ts";
import type { WarehouseTransaction } from "./transaction.ts";

const lineOptions = ["format = 'newline_delimited'", "maximum_object_size = 104857600"];

/** Newline-delimited JSON: every line an object, read field by field by BigQuery's rules. */
export async function jsonSource(
  tx: WarehouseTransaction,
  files: SourceFile[],
  configuration: LoadConfiguration,
  given: FieldSchema[] | null,
): Promise<LoadSource> {
  const schema = given ?? (await detect(tx, files));
  const unknown = `list_extract(${unknownKeys(schema, "json")}, 1)`;
  const strict = configuration.ignoreUnknownValues !== true;
  const check = strict
    ? `WHEN ${unknown} IS NOT NULL THEN error(concat('No such field: ', ${unknown}))`
    : "";
  const notObject = "json_type(json) IS DISTINCT FROM 'OBJECT'";
  const values = schema.map((field, i) => {
    const value = readMember(field, "json", field.name);
    // The whole line is looked at once, with its first field.
    if (i > 0) return value;
    return `CASE WHEN ${notObject} THEN error('Parser terminated before end of string: the line is no JSON object') ${check} ELSE ${value} END`;
  });
  return {
    schema,
    raw: (lenient) =>
      readGroups(files, "read_json_objects", [
        ...lineOptions,
        ...(lenient ? ["ignore_errors = true"] : []),
      ]),
    values,
    bad: [
      {
        condition: `(json IS NULL OR ${notObject}${strict ? ` OR len(${unknownKeys(schema, "json")}) > 0` : ""})`,
        message: "'Parser terminated before end of string, or the line has unknown fields'",
      },
      ...schema.map((field) => ({
        condition: `(${unreadableJson(field, `json_extract(json, ${jsonPath(field.name)})`)})`,
        message: `'Could not parse the value of field ${field.name.replaceAll("'", "''")}'`,
      })),
    ],
  };
}

async function detect(tx: WarehouseTransaction, files: SourceFile[]): Promise<FieldSchema[]> {
  const described = await tx.run(
    `DESCRIBE ${readGroups(files, "read_json", [...lineOptions, "auto_detect = true"])}`,
  );
  const rows = await described.getRowsJson();
  if (rows.length === 0)
    throw new WarehouseError("invalid", "The files have no rows to detect a schema from");
  return rows.map((row) => {
    const type = String(row[1]);
    const field = fieldOfDuckdbType(String(row[0]), type);
    // BigQuery's detection calls an instant a TIMESTAMP.
    return field.type === "DATETIME" ? { ...field, type: "TIMESTAMP" } : field;
  });
}
