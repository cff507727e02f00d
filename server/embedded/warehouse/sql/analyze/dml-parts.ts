import {
  type CompiledStatement,
  partitionTimeColumn,
  type WarehouseTable,
} from "../../contract.ts";
import type { Name } from "../parse/ast.ts";
import type { Assignment } from "../parse/statement-ast.ts";
import { coerce } from "../types/coerce.ts";
import { fill, type Typed } from "../types/typed.ts";
import { fromField, type GType, quoteName, scalar, typeName } from "../types/types.ts";
import { type Context, newScope, type Scope } from "./context.ts";
import { defaultValue } from "./default-values.ts";
import { outputSql } from "./output.ts";
import { plainEnv } from "./plain-env.ts";
import { readsOf } from "./results.ts";
import { tableKey } from "./table-columns.ts";
import { findTable, qualify, tableSource } from "./tables.ts";

export function target(ctx: Context, path: Name[]): WarehouseTable {
  const table = findTable(ctx, qualify(ctx, path));
  if (table.viewQuery !== null)
    throw ctx.fail(
      path[0]?.pos ?? 0,
      `Cannot modify the view ${table.name.datasetId}.${table.name.tableId}`,
    );
  if (table.isSnapshot)
    throw ctx.fail(
      path[0]?.pos ?? 0,
      `Cannot modify the table snapshot ${table.name.datasetId}.${table.name.tableId}`,
    );
  ctx.referenced.set(tableKey(table.name), table.name);
  return table;
}

export function done(
  ctx: Context,
  statementType: string,
  table: WarehouseTable,
  sql: string,
): CompiledStatement {
  return { kind: "dml", statementType, target: table.name, sql, reads: readsOf(ctx) };
}

/** A column that is written. `unit`: it is the ingestion time, which tells the partition. */
export interface TargetColumn {
  name: string;
  type: GType;
  unit?: string;
  /** The SQL of its DEFAULT. */
  defaultText?: string;
}

export function columnOf(ctx: Context, table: WarehouseTable, name: Name): TargetColumn {
  const { partitioning } = table;
  if (partitioning?.field === null && name.text.toUpperCase() === partitionTimeColumn) {
    return { name: partitionTimeColumn, type: scalar("TIMESTAMP"), unit: partitioning.type };
  }
  const field = table.schema.find((f) => f.name.toLowerCase() === name.text.toLowerCase());
  const type = field && fromField(field);
  if (field && !type) throw ctx.refuse(`columns of type ${field.type}`);
  if (field && type) {
    const { name, defaultValueExpression: defaultText } = field;
    return { name, type, ...(defaultText !== undefined && { defaultText }) };
  }
  throw ctx.fail(
    name.pos,
    `Column ${name.text} is not present in table ${table.name.projectId}.${table.name.datasetId}.${table.name.tableId}`,
  );
}

/** Columns that an INSERT does not name, and fills all the same: a table has no absent arrays. */
export function unnamedDefaults(
  ctx: Context,
  table: WarehouseTable,
  named: TargetColumn[],
): TargetColumn[] {
  const names = new Set(named.map((column) => column.name));
  return table.schema
    .filter(({ defaultValueExpression, mode }) => defaultValueExpression || mode === "REPEATED")
    .filter((field) => !names.has(field.name))
    .map((field) => columnOf(ctx, table, { text: field.name, pos: 0 }));
}

/** `what` begins the sentence about a type that does not fit: `Value has type`, `Query column 2 has type`. */
export function assign(
  ctx: Context,
  pos: number,
  value: Typed,
  column: TargetColumn,
  what = "Value has type",
): string {
  const coerced = coerce(value, column.type);
  if (coerced && column.unit) {
    const template = `CASE WHEN $1 = date_trunc('${column.unit.toLowerCase()}', $1) THEN $1 ELSE error('not supported by the local warehouse: _PARTITIONTIME that is not the beginning of a partition') END`;
    return fill(template, [coerced.sql]);
  }
  if (coerced) return outputSql(coerced, column.name);
  throw ctx.fail(
    pos,
    what === "set"
      ? `Value of type ${typeName(value.type)} cannot be assigned to ${column.name}, which has type ${typeName(column.type)}`
      : `${what} ${typeName(value.type)} which cannot be inserted into column ${column.name}, which has type ${typeName(column.type)}`,
  );
}

export function targetScope(
  ctx: Context,
  table: WarehouseTable,
  alias: Name | null,
): { scope: Scope; id: string } {
  const scope = newScope(ctx.root);
  const id = ctx.id("t");
  const name = alias?.text ?? table.name.tableId;
  scope.sources.push({ ...tableSource(ctx, table, id), alias: name });
  return { scope, id };
}

export function setClause(
  ctx: Context,
  table: WarehouseTable,
  scope: Scope,
  node: Assignment,
): { column: string; value: string } {
  const [first, ...rest] = node.path as [Name, ...Name[]];
  if (rest.length > 0) throw ctx.refuse("UPDATE of a field of a STRUCT");
  const env = plainEnv(scope, "UPDATE SET");
  refuseUnknown(ctx, scope, first);
  const column = columnOf(ctx, table, first);
  const value = node.value ? ctx.expr(env, node.value) : defaultValue(ctx, column);
  return {
    column: quoteName(column.name),
    value: assign(ctx, node.value?.pos ?? node.pos, value, column, "set"),
  };
}

/** A name that is no column of the target is looked up there as any other, and said to be unrecognized. */
function refuseUnknown(ctx: Context, scope: Scope, name: Name): void {
  const targetOnly = { ...scope, sources: scope.sources.slice(0, 1), merged: [] };
  const path = { k: "path" as const, names: [name], pos: name.pos };
  ctx.collect(() => ctx.expr(plainEnv(targetOnly, "UPDATE SET"), path));
}

/** `WHERE` over rows that hold how many source rows their target row matched. */
export const oneMatchOnly =
  'CASE WHEN "n" > 1 THEN error(\'UPDATE/MERGE must match at most one source row for each target row, and not \' || "n") ELSE true END';
