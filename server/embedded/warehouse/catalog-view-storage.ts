import {
  branch,
  type Cell,
  inTable,
  nameOf,
  ofTables,
  type Raw,
  type View,
} from "./catalog-view.ts";
import type { TableDocument } from "./documents.ts";
import { columnBytesSum } from "./field-bytes.ts";
import { partitionColumn } from "./partitions.ts";

const rowsOf: Raw = { sql: "count(*)" };
const bytesOf = (table: TableDocument): Raw => ({
  sql: table.schema.map(columnBytesSum).join(" + ") || "0",
});
const hasRows = (table: TableDocument) => table.type === "TABLE";

const partitionColumns: View["columns"] = [
  ...inTable,
  ["partition_id", "STRING"],
  ["total_rows", "INTEGER"],
  ["total_logical_bytes", "INTEGER"],
  ["total_billable_bytes", "INTEGER"],
  ["last_modified_time", "TIMESTAMP"],
  ["storage_tier", "STRING"],
];

const idFormats = { HOUR: "%Y%m%d%H", DAY: "%Y%m%d", MONTH: "%Y%m", YEAR: "%Y" } as const;

export const partitions = ofTables(partitionColumns, (table) => {
  if (!hasRows(table)) return [];
  const { partitioning } = table;
  const column = partitioning && partitionColumn(partitioning);
  const id: Cell | Raw =
    column && partitioning
      ? { sql: `coalesce(strftime(${column}, '${idFormats[partitioning.type]}'), '__NULL__')` }
      : null;
  const bytes = bytesOf(table);
  const cells = [...nameOf(table.name), id, rowsOf, bytes, bytes, table.modifiedAt, "ACTIVE"];
  const group = column ? " GROUP BY 4" : "";
  return [branch(partitionColumns, cells, ` FROM ${table.relation}${group}`)];
});

const storageColumns: View["columns"] = [
  ["project_id", "STRING"],
  ...inTable,
  ["creation_time", "TIMESTAMP"],
  ["total_rows", "INTEGER"],
  ["total_partitions", "INTEGER"],
  ["total_logical_bytes", "INTEGER"],
  ["active_logical_bytes", "INTEGER"],
  ["long_term_logical_bytes", "INTEGER"],
  ["storage_last_modified_time", "TIMESTAMP"],
  ["deleted", "BOOLEAN"],
  ["table_type", "STRING"],
];

/** TABLES.table_type. */
function typeOf(table: TableDocument): string {
  if (table.special) return table.special.replace("_", " ");
  if (table.type === "VIEW") return "VIEW";
  return table.base ? "CLONE" : "BASE TABLE";
}

export const tableStorage = ofTables(storageColumns, (table) => {
  if (!hasRows(table)) return [];
  const { partitioning } = table;
  const column = partitioning && partitionColumn(partitioning);
  const count =
    column && partitioning
      ? { sql: `count(DISTINCT date_trunc('${partitioning.type}', ${column}))` }
      : 0;
  const bytes = bytesOf(table);
  const cells = [
    table.name.projectId,
    ...nameOf(table.name),
    table.createdAt,
    rowsOf,
    count,
    bytes,
    bytes,
    0,
    table.modifiedAt,
    false,
    typeOf(table),
  ];
  return [branch(storageColumns, cells, ` FROM ${table.relation}`)];
});

const metaColumns: View["columns"] = [
  ["project_id", "STRING"],
  ["dataset_id", "STRING"],
  ["table_id", "STRING"],
  ["creation_time", "INTEGER"],
  ["last_modified_time", "INTEGER"],
  ["row_count", "INTEGER"],
  ["size_bytes", "INTEGER"],
  ["type", "INTEGER"],
];

export const metaTables = ofTables(metaColumns, (table) => {
  const times = [table.createdAt, table.modifiedAt];
  const name = nameOf(table.name);
  if (!hasRows(table)) return [[...name, ...times, null, null, 2]];
  const cells = [...name, ...times, rowsOf, bytesOf(table), 1];
  return [branch(metaColumns, cells, ` FROM ${table.relation}`)];
});
