import { partitionTimeColumn } from "./contract.ts";
import type { TableDocument } from "./documents.ts";
import { columnDefinitions, quoteName } from "./field-types.ts";
import type { WarehouseTransaction } from "./transaction.ts";

/** The empty relation of a document that is yet to be stored. */
export async function createRelation(
  tx: WarehouseTransaction,
  document: TableDocument,
): Promise<void> {
  const { partitioning } = document;
  const unit = partitioning?.type.toLowerCase();
  const hidden =
    partitioning && partitioning.field === null
      ? `, ${quoteName(partitionTimeColumn)} TIMESTAMPTZ DEFAULT date_trunc('${unit}', now())`
      : "";
  // DuckDB has no tables without columns; this one is never shown.
  const columns = columnDefinitions(document.schema, document.digits) || `"_empty" BOOLEAN`;
  await tx.run(`CREATE TABLE ${document.relation} (${columns}${hidden})`);
}
