import type { FieldSchema } from "../../../shared/table.ts";
import type { Catalog } from "./catalog.ts";
import { branch, inTable, nameOf, ofTables, type View } from "./catalog-view.ts";
import { constraintColumns, keyColumns, tableConstraints } from "./catalog-view-keys.ts";
import { schemataOptions, tableOptions } from "./catalog-view-options.ts";
import { routines } from "./catalog-view-routines.ts";
import { metaTables, partitions, tableStorage } from "./catalog-view-storage.ts";
import type { WarehouseTable } from "./contract.ts";
import { sqlType } from "./field-types.ts";

/*
 * Views of INFORMATION_SCHEMA (and __TABLES__) that are made from the catalog in memory when a query
 * is compiled. What counts rows counts them when the query runs.
 */

const fieldPaths = ofTables(
  [
    ...inTable,
    ["column_name", "STRING"],
    ["field_path", "STRING"],
    ["data_type", "STRING"],
    ["description", "STRING"],
    ["collation_name", "STRING"],
    ["rounding_mode", "STRING"],
  ],
  (table) =>
    table.schema.flatMap((field) =>
      pathsOf(field, "").map(({ path, field: inner }) => [
        ...nameOf(table.name),
        field.name,
        path,
        sqlType(inner),
        (inner as { description?: string }).description ?? null,
        "NULL",
        null,
      ]),
    ),
);

function pathsOf(field: FieldSchema, prefix: string): { path: string; field: FieldSchema }[] {
  const path = `${prefix}${field.name}`;
  return [{ path, field }, ...(field.fields ?? []).flatMap((inner) => pathsOf(inner, `${path}.`))];
}

const snapshots = ofTables(
  [
    ...inTable,
    ["base_table_catalog", "STRING"],
    ["base_table_schema", "STRING"],
    ["base_table_name", "STRING"],
    ["snapshot_time", "TIMESTAMP"],
  ],
  (table) =>
    table.special === "SNAPSHOT" && table.base
      ? [[...nameOf(table.name), ...nameOf(table.base), table.createdAt]]
      : [],
);

const byName: Record<string, View> = {
  COLUMN_FIELD_PATHS: fieldPaths,
  TABLE_OPTIONS: tableOptions,
  SCHEMATA_OPTIONS: schemataOptions,
  TABLE_CONSTRAINTS: tableConstraints,
  KEY_COLUMN_USAGE: keyColumns,
  CONSTRAINT_COLUMN_USAGE: constraintColumns,
  PARTITIONS: partitions,
  TABLE_STORAGE: tableStorage,
  TABLE_STORAGE_BY_PROJECT: tableStorage,
  TABLE_SNAPSHOTS: snapshots,
  ROUTINES: routines,
  __TABLES__: metaTables,
};

/** The view of a dataset, or of all datasets of the project (null); undefined where there is none. */
export function catalogView(
  catalog: Catalog,
  projectId: string,
  datasetId: string | null,
  name: string,
): WarehouseTable | undefined {
  const view = Object.hasOwn(byName, name) ? byName[name] : undefined;
  if (!view) return undefined;
  const datasets = catalog
    .datasets(projectId)
    .filter((each) =>
      datasetId === null ? !each.datasetId.startsWith("_") : each.datasetId === datasetId,
    );
  const branches = view.branches(catalog, projectId, datasets);
  const none = `${branch(view.columns, [])} WHERE false`;
  return {
    name: { projectId, datasetId: datasetId ?? "", tableId: name },
    type: "VIEW",
    relation: `(${[none, ...branches].join(" UNION ALL ")})`,
    schema: view.columns.map(([column, type]) => ({ name: column, type, mode: "NULLABLE" })),
    partitioning: null,
    viewQuery: null,
  };
}
