import { type ObjectOptions, type TableName, WarehouseError } from "./contract.ts";
import { tableText } from "./documents.ts";
import type { WarehouseTransaction } from "./transaction.ts";

/** An object's properties after OPTIONS(…): a NULL takes one away. */
export function withProperties(
  before: Record<string, unknown>,
  { properties }: Pick<ObjectOptions, "properties">,
): Record<string, unknown> {
  const all = Object.entries({ ...before, ...properties });
  return Object.fromEntries(all.filter(([, value]) => value !== null));
}

/** Makes room for the new object, or says that there is nothing to do. */
export function prepareTarget(
  tx: WarehouseTransaction,
  target: TableName,
  mode: "create" | "orReplace" | "ifNotExists",
  type: "TABLE" | "VIEW",
): "CREATE" | "REPLACE" | "SKIP" {
  tx.requireDataset(target.projectId, target.datasetId);
  const existing = tx.table(target);
  if (!existing) return "CREATE";
  if (mode === "ifNotExists") return "SKIP";
  if (mode === "create") {
    throw new WarehouseError("duplicate", `Already Exists: Table ${tableText(target)}`);
  }
  if (existing.type !== type) {
    throw new WarehouseError(
      "invalidQuery",
      `${tableText(target)} is a ${existing.type}: it cannot be replaced by a ${type}`,
    );
  }
  tx.removeTable(target);
  return "REPLACE";
}
