import type { FieldSchema } from "../../../shared/table.ts";
import { partitionTimeColumn } from "./contract.ts";
import type { TableDocument } from "./documents.ts";
import { columnDefinitions, duckdbType, quoteName } from "./field-types.ts";
import type { WarehouseTransaction } from "./transaction.ts";

/** Makes the relation of a document that is yet to be stored. */
export async function createRelation(
  tx: WarehouseTransaction,
  document: TableDocument,
): Promise<void> {
  await tx.run(relationDefinition(document));
}

/** The statement that makes it. */
export function relationDefinition(document: TableDocument): string {
  const { partitioning } = document;
  const unit = partitioning?.type.toLowerCase();
  const hidden =
    partitioning && partitioning.field === null
      ? `, ${quoteName(partitionTimeColumn)} TIMESTAMPTZ DEFAULT date_trunc('${unit}', now())`
      : "";
  // DuckDB has no tables without columns; this one is never shown.
  const columns = columnDefinitions(document.schema, document.digits) || `"_empty" BOOLEAN`;
  return `CREATE TABLE ${document.relation} (${columns}${hidden})`;
}

/** An array is never absent: the rows that are there have an empty one. */
export async function addColumnTo(
  tx: WarehouseTransaction,
  relation: string,
  field: FieldSchema,
): Promise<void> {
  const column = quoteName(field.name);
  await tx.run(`ALTER TABLE ${relation} ADD COLUMN ${column} ${duckdbType(field)}`);
  if (field.mode === "REPEATED") await tx.run(`UPDATE ${relation} SET ${column} = []`);
}
