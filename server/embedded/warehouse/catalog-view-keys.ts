import { inTable, nameOf, ofTables, type View } from "./catalog-view.ts";
import type { TableConstraints, TableName } from "./contract.ts";
import type { TableDocument } from "./documents.ts";

interface Constraint {
  name: string;
  isPrimary: boolean;
  columns: string[];
  referenced: TableName | null;
  referencedColumns: string[];
}

function constraintsOf(table: TableDocument): Constraint[] {
  const given = (table.properties["tableConstraints"] ?? {}) as TableConstraints;
  const { tableId } = table.name;
  const primary = given.primaryKey
    ? [
        {
          name: `${tableId}.pk$`,
          isPrimary: true,
          columns: given.primaryKey.columns,
          referenced: null,
          referencedColumns: [],
        },
      ]
    : [];
  const foreign = (given.foreignKeys ?? []).map((key, i) => ({
    name: `${tableId}.fk$${i + 1}`,
    isPrimary: false,
    columns: key.columnReferences.map((pair) => pair.referencingColumn),
    referenced: key.referencedTable,
    referencedColumns: key.columnReferences.map((pair) => pair.referencedColumn),
  }));
  return [...primary, ...foreign];
}

const inConstraint: View["columns"] = [
  ["constraint_catalog", "STRING"],
  ["constraint_schema", "STRING"],
  ["constraint_name", "STRING"],
];
const constraintName = ({ projectId, datasetId }: TableName, { name }: Constraint) => [
  projectId,
  datasetId,
  name,
];

export const tableConstraints = ofTables(
  [
    ...inConstraint,
    ...inTable,
    ["constraint_type", "STRING"],
    ["is_deferrable", "STRING"],
    ["initially_deferred", "STRING"],
    ["enforced", "STRING"],
  ],
  (table) =>
    constraintsOf(table).map((constraint) => [
      ...constraintName(table.name, constraint),
      ...nameOf(table.name),
      constraint.isPrimary ? "PRIMARY KEY" : "FOREIGN KEY",
      "NO",
      "NO",
      "NO",
    ]),
);

export const keyColumns = ofTables(
  [
    ...inConstraint,
    ...inTable,
    ["column_name", "STRING"],
    ["ordinal_position", "INTEGER"],
    ["position_in_unique_constraint", "INTEGER"],
  ],
  (table) =>
    constraintsOf(table).flatMap((constraint) =>
      constraint.columns.map((column, i) => [
        ...constraintName(table.name, constraint),
        ...nameOf(table.name),
        column,
        i + 1,
        constraint.isPrimary ? null : i + 1,
      ]),
    ),
);

export const constraintColumns = ofTables(
  [...inTable, ["column_name", "STRING"], ...inConstraint],
  (table) =>
    constraintsOf(table).flatMap((constraint) => {
      const columns = constraint.isPrimary ? constraint.columns : constraint.referencedColumns;
      const owner = constraint.referenced ?? table.name;
      return columns.map((column) => [
        ...nameOf(owner),
        column,
        ...constraintName(table.name, constraint),
      ]);
    }),
);
