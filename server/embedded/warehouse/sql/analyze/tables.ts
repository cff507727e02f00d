import {
  type Digits,
  partitionTimeColumn,
  type TableName,
  WarehouseError,
  type WarehouseTable,
} from "../../contract.ts";
import type { FromItem, Name } from "../parse/ast.ts";
import { parseSingleQuery } from "../parse/statements.ts";
import { carried, exactInteger } from "../types/exact-decimals.ts";
import { type GType, quoteName, scalar } from "../types/types.ts";
import type { Context, Opened, ScopeColumn, Source } from "./context.ts";
import { openInformationSchema } from "./information-schema.ts";
import { partitionFilter } from "./partitions.ts";
import { ownProject } from "./project.ts";
import { bindName, refuseTemporary } from "./stored-text.ts";
import { tableAsOf } from "./system-time.ts";
import { readColumn, tableColumn, tableKey } from "./table-columns.ts";
import { openWildcard } from "./wildcards.ts";

/** A table, view, wildcard or INFORMATION_SCHEMA view of the catalog. */
export function openTable(
  ctx: Context,
  item: Extract<FromItem, { k: "table" }>,
  alias: string,
): Opened {
  const { path } = item;
  if (item.asOf && path.at(-1)?.text.endsWith("*"))
    throw ctx.refuse("FOR SYSTEM_TIME AS OF with a wildcard");
  const information = openInformationSchema(ctx, path, alias);
  if (information) return information;
  const name = qualify(ctx, path);
  if (name.tableId.endsWith("*")) return openWildcard(ctx, name, alias);
  const [tableId = "", decorator] = name.tableId.split("$");
  const current = findTable(ctx, { ...name, tableId });
  const table = item.asOf ? tableAsOf(ctx, current, item.asOf).table : current;
  ctx.referenced.set(tableKey(table.name), table.name);
  if (table.viewQuery !== null) return openView(ctx, table, alias);
  if (decorator !== undefined) {
    const sql = partitionFilter(ctx, table, decorator);
    return { sql, source: tableSource(ctx, table, alias) };
  }
  const sql = table.narrow?.relation ?? table.relation;
  return { sql, source: tableSource(ctx, table, alias, table.narrow?.digits) };
}

/** Fills in the default dataset and project. */
export function qualify(ctx: Context, path: Name[]): TableName {
  const parts = path.map((name) => name.text);
  const { projectId } = ctx.options;
  if (parts.length > 3) {
    throw new WarehouseError("invalidQuery", `Invalid table name: \`${parts.join(".")}\``);
  }
  const tableId = parts.at(-1) ?? "";
  const isSession = parts.length === 2 && parts[0]?.toUpperCase() === "_SESSION";
  if (parts.length === 1 || isSession) return withoutDataset(ctx, path, tableId, isSession);
  const datasetId = parts.at(-2) ?? "";
  const named = parts.length === 3 ? (parts[0] ?? "") : projectId;
  return ownProject(ctx, { projectId: named, datasetId, tableId });
}

function withoutDataset(
  ctx: Context,
  path: Name[],
  tableId: string,
  isSession: boolean,
): TableName {
  const temporary = ctx.temporaryTables.get(tableId);
  if (temporary) return refuseTemporary(ctx, "tables", temporary);
  const { projectId } = ctx.options;
  if (isSession) return { projectId, datasetId: path[0]?.text ?? "", tableId };
  if (!ctx.defaultDataset) {
    throw new WarehouseError(
      "invalidQuery",
      `Table "${tableId}" must be qualified with a dataset (e.g. dataset.table).`,
    );
  }
  bindName(ctx, path[0]?.pos ?? 0);
  return ownProject(ctx, { ...ctx.defaultDataset, tableId });
}

/** `d` or `p.d`. */
export function datasetName(ctx: Context, path: Name[]): { projectId: string; datasetId: string } {
  const [datasetId = "", projectId = ctx.options.projectId, more] = path
    .map((name) => name.text)
    .reverse();
  if (more !== undefined) {
    throw new WarehouseError(
      "invalidQuery",
      `Invalid dataset name: ${path.map((n) => n.text).join(".")}`,
    );
  }
  return ownProject(ctx, { projectId, datasetId });
}

export function lookUp(ctx: Context, name: TableName): WarehouseTable | undefined {
  const made = ctx.overlay.get(tableKey(name));
  return made === null ? undefined : (made ?? ctx.options.catalog.get(name));
}

export function findTable(ctx: Context, name: TableName): WarehouseTable {
  const table = lookUp(ctx, name);
  if (table) return table;
  const { projectId, datasetId, tableId } = name;
  const what = ctx.options.catalog.hasDataset(projectId, datasetId)
    ? `Table ${projectId}:${datasetId}.${tableId}`
    : `Dataset ${projectId}:${datasetId}`;
  throw new WarehouseError("notFound", `Not found: ${what} was not found in location US`);
}

/** `digits`: of the columns of what stands after FROM, if that is the narrow relation. */
export function tableSource(
  ctx: Context,
  table: WarehouseTable,
  alias: string,
  digits?: ReadonlyMap<string, Digits>,
): Source {
  // The table counts as read even where no column is.
  readColumn(ctx, table, null)();
  return {
    alias: null,
    columns: table.schema.map((field, i) =>
      withDigits(tableColumn(ctx, table, alias, i), digits?.get(field.name)),
    ),
    pseudo: partitionColumns(table, alias),
    value: null,
  };
}

function withDigits(column: ScopeColumn, digits: Digits | undefined): ScopeColumn {
  if (!digits) return column;
  const { sql, type } = column;
  if (type.kind === "INT64") return { ...column, exact: exactInteger(sql, digits.most) };
  return { ...column, ...carried(sql, type, digits) };
}

export function partitionColumns(table: WarehouseTable, alias: string): ScopeColumn[] {
  if (!table.partitioning || table.partitioning.field !== null) return [];
  const time = `${alias}.${quoteName(partitionTimeColumn)}`;
  const pseudo = (name: string, sql: string, type: GType) => ({
    name,
    sql,
    type,
    use: () => undefined,
  });
  return [
    pseudo("_PARTITIONTIME", time, scalar("TIMESTAMP")),
    pseudo("_PARTITIONDATE", `CAST(timezone('UTC', ${time}) AS DATE)`, scalar("DATE")),
  ];
}

const maxViewDepth = 16;

function openView(ctx: Context, view: WarehouseTable, alias: string): Opened {
  const key = tableKey(view.name);
  if (ctx.viewStack.includes(key) || ctx.viewStack.length >= maxViewDepth) {
    throw new WarehouseError("invalidQuery", `View ${key} is nested too deeply or reads itself`);
  }
  const text = view.viewQuery ?? "";
  ctx.viewStack.push(key);
  try {
    const query = () => ctx.analyzers.query(ctx, parseSingleQuery(text), null);
    const relation = ctx.stored(text, query);
    const names = viewNames(view, relation.columns);
    const columns = relation.columns.map(
      (column, i): ScopeColumn => ({
        ...carried(`${alias}.${quoteName(column.id)}`, column.type, relation.narrow?.digits[i]),
        name: names[i] ?? null,
        use: column.use,
      }),
    );
    const sql = relation.narrow?.sql ?? relation.sql;
    return { sql: `(${sql})`, source: { alias: null, columns, pseudo: [], value: null } };
  } finally {
    ctx.viewStack.pop();
  }
}

/**
 * What its columns are called now: the tables that it reads may have others than when it was made.
 */
function viewNames(view: WarehouseTable, columns: { name: string | null }[]): string[] {
  const { columnNames } = view;
  if (columnNames && columnNames.length !== columns.length) {
    throw new WarehouseError(
      "invalidQuery",
      `The number of columns in the view definition does not match its query (${columnNames.length} vs ${columns.length})`,
    );
  }
  let unnamed = 0;
  return columns.map(({ name }, i) => columnNames?.[i] ?? name ?? `f${unnamed++}_`);
}
