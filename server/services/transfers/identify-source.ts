import type { TableDefinition } from "../../../shared/table.ts";

/** Equal for definitions that import the same: what a watermark belongs to. */
export function identifySource(
  definition: Pick<TableDefinition, "importDatabaseId" | "importTable" | "query" | "idColumn">,
): string {
  const { importDatabaseId, importTable, query, idColumn } = definition;
  return JSON.stringify([importDatabaseId, importTable, query, idColumn]);
}
