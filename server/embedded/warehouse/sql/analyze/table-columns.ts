import type { TableName, WarehouseTable } from "../../contract.ts";
import { fromField, quoteName, scalar } from "../types/types.ts";
import type { Context, ScopeColumn } from "./context.ts";

export function tableKey(name: TableName): string {
  return `${name.projectId}.${name.datasetId}.${name.tableId}`;
}

export function readColumn(ctx: Context, table: WarehouseTable, column: string | null): () => void {
  const key = tableKey(table.name);
  return () => {
    const read = ctx.reads.get(key) ?? { table: table.name, columns: new Set<string>() };
    if (column !== null) read.columns.add(column);
    ctx.reads.set(key, read);
  };
}

export function tableColumn(
  ctx: Context,
  table: WarehouseTable,
  alias: string,
  index: number,
): ScopeColumn {
  const field = table.schema[index] ?? { name: "", type: "", mode: "NULLABLE" as const };
  const type = fromField(field);
  const use = readColumn(ctx, table, field.name);
  const refuse = () => {
    throw ctx.refuse(`columns of type ${field.type}`);
  };
  return {
    name: field.name,
    sql: `${alias}.${quoteName(field.name)}`,
    type: type ?? scalar("STRING"),
    use: type ? use : refuse,
  };
}
