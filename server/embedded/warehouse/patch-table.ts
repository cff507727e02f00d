import type { FieldSchema } from "../../../shared/table.ts";
import { checkDefaults } from "./check-defaults.ts";
import type { WarehouseContext } from "./context.ts";
import { WarehouseError } from "./contract.ts";
import { keptProperties, propertiesOf, viewSchema } from "./create-table.ts";
import type { TableDocument } from "./documents.ts";
import { parseSchema } from "./field-types.ts";
import { mergeSchema } from "./merge-schema.ts";
import { checkPartitioning, parsePartitioning, samePartitioning } from "./partitions.ts";
import type { WarehouseTransaction } from "./transaction.ts";
import { alterRelation } from "./write-table.ts";

export type PatchBody = Record<string, unknown> | null | undefined;

/** tables.patch, or tables.update (`replace`). Answers the new document, staged in the transaction. */
export async function patchTable(
  context: WarehouseContext,
  tx: WarehouseTransaction,
  before: TableDocument,
  body: Record<string, unknown>,
  replace: boolean,
): Promise<TableDocument> {
  await tx.beforeChange(before, "adds");
  const schema = body["schema"] ? await changeSchema(tx, before, body["schema"]) : before.schema;
  if (body["schema"]) await checkDefaults(context, before.name.projectId, schema);
  const view = body["view"] as { query?: string; useLegacySql?: boolean } | undefined;
  // The names that a view was made with are of the query that it had.
  const { columnNames, ...kept } = before;
  const after: TableDocument = {
    ...kept,
    ...(!view && columnNames && { columnNames }),
    schema: view ? await viewSchema(context, before.name.projectId, view) : schema,
    viewQuery: view?.query ?? before.viewQuery,
    partitioning: changePartitioning(before, body),
    clustering: changeClustering(before, body),
    properties: changeProperties(replace ? {} : before.properties, body),
    expiresAt: changeExpiry(before, body["expirationTime"]),
    modifiedAt: tx.now.getTime(),
  };
  checkPartitioning(after.partitioning, after.clustering, after.schema);
  tx.setTable(after);
  return after;
}

/** Columns may be added and relaxed; none may go or change its type. */
async function changeSchema(
  tx: WarehouseTransaction,
  before: TableDocument,
  given: unknown,
): Promise<FieldSchema[]> {
  const incoming = parseSchema(given, true);
  const names = new Set(incoming.map((field) => field.name.toLowerCase()));
  const missing = before.schema.find((field) => !names.has(field.name.toLowerCase()));
  if (missing) {
    throw new WarehouseError(
      "invalid",
      `Provided Schema does not match Table ${before.name.projectId}:${before.name.datasetId}.${before.name.tableId}. Field ${missing.name} is missing in new schema`,
    );
  }
  const options = ["ALLOW_FIELD_ADDITION", "ALLOW_FIELD_RELAXATION"];
  const merged = mergeSchema(before.name, before.schema, incoming, options);
  if (before.type === "TABLE") await alterRelation(tx, before.relation, merged);
  // Descriptions and other words about a column come with the new schema.
  const described = new Map(incoming.map((field) => [field.name.toLowerCase(), field]));
  const added = merged.added.find((field) => field.defaultValueExpression !== undefined);
  if (added) {
    const what = `adding the column ${added.name} with a default value`;
    throw new WarehouseError("notImplemented", `not supported by the local warehouse: ${what}`);
  }
  return merged.schema.map(({ defaultValueExpression: _, ...field }) => ({
    ...described.get(field.name.toLowerCase()),
    ...field,
  }));
}

function changePartitioning(before: TableDocument, body: Record<string, unknown>) {
  if (body["timePartitioning"] === undefined) return before.partitioning;
  const given = parsePartitioning(body["timePartitioning"]);
  if (samePartitioning(before.partitioning, given)) return given;
  throw new WarehouseError("invalid", "Cannot change the partitioning of an existing table.");
}

function changeClustering(before: TableDocument, body: Record<string, unknown>): string[] {
  const given = body["clustering"] as { fields?: string[] } | null | undefined;
  return given === undefined ? before.clustering : (given?.fields ?? []);
}

function changeExpiry(before: TableDocument, given: unknown): number | null {
  if (given === undefined) return before.expiresAt;
  return given === null ? null : Number(given);
}

function changeProperties(
  before: Record<string, unknown>,
  body: Record<string, unknown>,
): Record<string, unknown> {
  const removed = keptProperties.filter((key) => body[key] === null);
  const merged = { ...before, ...propertiesOf(body) };
  const labels = body["labels"] as Record<string, unknown> | null | undefined;
  if (labels) {
    const all = { ...(before["labels"] as Record<string, unknown> | undefined), ...labels };
    merged["labels"] = Object.fromEntries(Object.entries(all).filter(([, v]) => v !== null));
  }
  return Object.fromEntries(Object.entries(merged).filter(([key]) => !removed.includes(key)));
}
