import type { Catalog } from "./catalog.ts";
import type { TableName } from "./contract.ts";
import type { DatasetDocument, TableDocument } from "./documents.ts";
import { quoteText } from "./field-types.ts";

type Kind = "STRING" | "INTEGER" | "TIMESTAMP" | "BOOLEAN";
export type Cell = string | number | boolean | null;
/** DuckDB's SQL of one row or more: a SELECT with all columns, in order. */
type Branch = string;

export interface View {
  columns: [name: string, kind: Kind][];
  branches(catalog: Catalog, projectId: string, datasets: DatasetDocument[]): Branch[];
}

const duckTypes: Record<Kind, string> = {
  STRING: "VARCHAR",
  INTEGER: "BIGINT",
  TIMESTAMP: "TIMESTAMPTZ",
  BOOLEAN: "BOOLEAN",
};

/** Raw SQL among a branch's cells: an aggregate over the table's rows. */
export interface Raw {
  sql: string;
}

export function branch(columns: View["columns"], cells: (Cell | Raw)[], from = ""): Branch {
  const items = columns.map(([name, kind], i) => `${literal(cells[i] ?? null, kind)} AS "${name}"`);
  return `SELECT ${items.join(", ")}${from}`;
}

function literal(cell: Cell | Raw, kind: Kind): string {
  if (cell === null) return `CAST(NULL AS ${duckTypes[kind]})`;
  if (typeof cell === "object") return `CAST(${cell.sql} AS ${duckTypes[kind]})`;
  if (kind === "TIMESTAMP") return `epoch_ms(${Number(cell)})::TIMESTAMPTZ`;
  return kind === "STRING" ? quoteText(String(cell)) : `CAST(${cell} AS ${duckTypes[kind]})`;
}

/** A view with some rows for each table of the datasets. */
export function ofTables(
  columns: View["columns"],
  rows: (table: TableDocument) => ((Cell | Raw)[] | Branch)[],
): View {
  return {
    columns,
    branches: (catalog, projectId, datasets) =>
      datasets
        .flatMap(({ datasetId }) => catalog.tables(projectId, datasetId))
        .flatMap(rows)
        .map((row) => (typeof row === "string" ? row : branch(columns, row))),
  };
}

export const inTable: View["columns"] = [
  ["table_catalog", "STRING"],
  ["table_schema", "STRING"],
  ["table_name", "STRING"],
];
export const nameOf = ({ projectId, datasetId, tableId }: TableName) => [
  projectId,
  datasetId,
  tableId,
];
