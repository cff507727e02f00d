import type { FieldSchema } from "../../../shared/table.ts";
import { type TableName, WarehouseError } from "./contract.ts";
import { tableText } from "./documents.ts";

export interface MergedSchema {
  schema: FieldSchema[];
  added: FieldSchema[];
  /** REQUIRED columns that became NULLABLE. */
  relaxed: FieldSchema[];
}

/**
 * The schema of a table after rows of another schema are appended, by BigQuery's rules: same types,
 * new columns and lost REQUIREDs only where `schemaUpdateOptions` allow them.
 */
export function mergeSchema(
  table: TableName,
  existing: FieldSchema[],
  incoming: FieldSchema[],
  options: string[],
): MergedSchema {
  const refuse = (what: string): never => {
    throw new WarehouseError(
      "invalid",
      `Provided Schema does not match Table ${tableText(table)}. ${what}`,
    );
  };
  const byName = new Map(incoming.map((field) => [field.name.toLowerCase(), field]));
  const relaxed: FieldSchema[] = [];
  const schema = existing.map((field) => {
    const given = byName.get(field.name.toLowerCase());
    byName.delete(field.name.toLowerCase());
    if (given) {
      const difference = typeDifference(field, given);
      if (difference) refuse(difference);
    }
    if (field.mode !== "REQUIRED" || given?.mode === "REQUIRED") return field;
    if (!options.includes("ALLOW_FIELD_RELAXATION")) {
      refuse(
        given
          ? `Field ${field.name} has changed mode from REQUIRED to ${given.mode}`
          : `Field ${field.name} is missing in new schema`,
      );
    }
    const open = { ...field, mode: "NULLABLE" as const };
    relaxed.push(open);
    return open;
  });
  const added = [...byName.values()].map((field) =>
    field.mode === "REQUIRED" ? { ...field, mode: "NULLABLE" as const } : field,
  );
  if (added[0] && !options.includes("ALLOW_FIELD_ADDITION")) {
    refuse(`Cannot add fields (field: ${added[0].name})`);
  }
  return { schema: [...schema, ...added], added, relaxed };
}

function typeDifference(before: FieldSchema, after: FieldSchema): string | null {
  if (before.type !== after.type) {
    return `Field ${before.name} has changed type from ${before.type} to ${after.type}`;
  }
  if (before.rangeElementType?.type !== after.rangeElementType?.type) {
    return `Field ${before.name} has changed type from RANGE<${before.rangeElementType?.type}> to RANGE<${after.rangeElementType?.type}>`;
  }
  if ((before.mode === "REPEATED") !== (after.mode === "REPEATED")) {
    return `Field ${before.name} has changed mode from ${before.mode} to ${after.mode}`;
  }
  const inner = before.fields ?? [];
  const innerAfter = after.fields ?? [];
  for (const [i, field] of inner.entries()) {
    const given = innerAfter[i];
    if (!given || given.name.toLowerCase() !== field.name.toLowerCase()) {
      return `Field ${before.name}.${field.name} is missing in new schema, or at another place`;
    }
    const difference = typeDifference(field, given);
    if (difference) return difference;
  }
  const extra = innerAfter[inner.length];
  return extra ? `Cannot add fields (field: ${before.name}.${extra.name})` : null;
}
