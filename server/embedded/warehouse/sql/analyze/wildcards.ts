import { type TableName, WarehouseError, type WarehouseTable } from "../../contract.ts";
import { quoteString } from "../types/typed.ts";
import { duckType, fromField, quoteName, sameType, scalar } from "../types/types.ts";
import type { Context, Opened, ScopeColumn } from "./context.ts";
import { readColumn, tableKey } from "./table-columns.ts";

/**
 * `events_*`: all tables whose names begin so, with the columns of the youngest; a table without a
 * column has NULL there. `_TABLE_SUFFIX` is what the star stands for.
 */
export function openWildcard(ctx: Context, name: TableName, alias: string): Opened {
  const prefix = name.tableId.slice(0, -1);
  const tables = matching(ctx, name, prefix);
  const youngest = tables.reduce((a, b) => ((b.createdAt ?? 0) >= (a.createdAt ?? 0) ? b : a));
  for (const table of tables) {
    ctx.referenced.set(tableKey(table.name), table.name);
    readColumn(ctx, table, null)();
  }
  const branches = tables.map((table) => branch(ctx, table, youngest, prefix));
  const columns = youngest.schema.map((field, i): ScopeColumn => {
    const type = fromField(field) ?? scalar("STRING");
    const uses = tables.map((table) => readColumn(ctx, table, field.name));
    const use = () => {
      if (!fromField(youngest.schema[i] ?? field))
        throw ctx.refuse(`columns of type ${field.type}`);
      for (const each of uses) each();
    };
    return { name: field.name, sql: `${alias}.${quoteName(field.name)}`, type, use };
  });
  const suffix: ScopeColumn = {
    name: "_TABLE_SUFFIX",
    sql: `${alias}."_TABLE_SUFFIX"`,
    type: scalar("STRING"),
    use: () => undefined,
  };
  return {
    sql: `(${branches.join(" UNION ALL ")})`,
    source: { alias: null, columns, pseudo: [suffix], value: null },
  };
}

function matching(ctx: Context, name: TableName, prefix: string): WarehouseTable[] {
  const { catalog } = ctx.options;
  const { projectId, datasetId } = name;
  const found = catalog
    .list(projectId, datasetId)
    .filter((table) => table.name.tableId.startsWith(prefix));
  const view = found.find((table) => table.type === "VIEW");
  if (view) {
    throw new WarehouseError(
      "invalidQuery",
      `Views cannot be queried through prefix. Matched views are: ${projectId}:${datasetId}.${view.name.tableId}`,
    );
  }
  const tables = found.sort((a, b) => (a.name.tableId < b.name.tableId ? -1 : 1));
  if (tables.length > 0) return tables;
  throw catalog.hasDataset(projectId, datasetId)
    ? new WarehouseError(
        "invalidQuery",
        `${projectId}:${datasetId}.${name.tableId} does not match any table.`,
      )
    : new WarehouseError(
        "notFound",
        `Not found: Dataset ${projectId}:${datasetId} was not found in location US`,
      );
}

function branch(
  ctx: Context,
  table: WarehouseTable,
  youngest: WarehouseTable,
  prefix: string,
): string {
  const items = youngest.schema.map((field) => {
    const own = table.schema.find((f) => f.name.toLowerCase() === field.name.toLowerCase());
    const type = fromField(field) ?? scalar("STRING");
    if (!own) return `CAST(NULL AS ${duckType(type)}) AS ${quoteName(field.name)}`;
    const ownType = fromField(own);
    if (ownType && !sameType(ownType, type)) {
      throw ctx.refuse(
        `a wildcard over tables whose column ${field.name} differs in type (${tableKey(table.name)})`,
      );
    }
    return `${quoteName(own.name)} AS ${quoteName(field.name)}`;
  });
  const suffix = quoteString(table.name.tableId.slice(prefix.length));
  return `SELECT ${[...items, `${suffix} AS "_TABLE_SUFFIX"`].join(", ")} FROM ${table.relation}`;
}
