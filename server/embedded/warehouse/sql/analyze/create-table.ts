import type { FieldSchema } from "../../../../../shared/table.ts";
import type { CompiledStatement, TableName, WarehouseTable } from "../../contract.ts";
import type { Expr } from "../parse/ast.ts";
import type { Statement } from "../parse/statement-ast.ts";
import { coerce } from "../types/coerce.ts";
import { type GType, quoteName, toField, typeName } from "../types/types.ts";
import { columnField, constraintsOf } from "./alter.ts";
import type { Context } from "./context.ts";
import { objectOptions } from "./options.ts";
import { readsOf, requireNames, resultLabels } from "./results.ts";
import { qualify } from "./tables.ts";
import { resolveType } from "./type-nodes.ts";

type CreateTable = Extract<Statement, { k: "createTable" }>;

export function compileCreateTable(ctx: Context, node: CreateTable): CompiledStatement {
  const target = node.temporary ? temporaryName(ctx, node) : qualify(ctx, node.path);
  const { sql, schema } = contents(ctx, node);
  const partitioning = partitioningOf(ctx, node.partitionBy, schema);
  const clustering = node.clusterBy.map((expr) => columnName(ctx, expr, schema));
  const options = objectOptions(ctx, "table", node.options);
  if (node.keys.length > 0) options.properties["tableConstraints"] = constraintsOf(ctx, node.keys);
  addToOverlay(ctx, target, schema, partitioning);
  return {
    kind: "createTable",
    statementType: node.query ? "CREATE_TABLE_AS_SELECT" : "CREATE_TABLE",
    target,
    mode: node.mode,
    sql,
    schema,
    partitioning,
    clustering,
    options,
    reads: readsOf(ctx),
  };
}

function temporaryName(ctx: Context, node: CreateTable): TableName {
  const names = node.path.map((name) => name.text);
  const [tableId = ""] = names.slice(-1);
  const isPlain = names.length === 1 || (names.length === 2 && /^_SESSION$/i.test(names[0] ?? ""));
  if (!isPlain) {
    throw ctx.fail(node.pos, `Invalid table name for a temporary table: ${names.join(".")}`);
  }
  if (!ctx.script) {
    throw ctx.fail(node.pos, "Use of CREATE TEMPORARY TABLE requires a script or session");
  }
  return { projectId: ctx.options.projectId, datasetId: ctx.script.temporaryDataset, tableId };
}

function contents(ctx: Context, node: CreateTable): { sql: string | null; schema: FieldSchema[] } {
  const declared = node.columns?.map(
    (column): { name: string; type: GType; field: FieldSchema } => {
      const type = resolveType(ctx, column.type);
      return { name: column.name.text, type, field: columnField(ctx, column) };
    },
  );
  if (!node.query) return { sql: null, schema: (declared ?? []).map((column) => column.field) };
  const relation = ctx.analyzers.query(ctx, node.query, ctx.root, resultLabels);
  for (const column of relation.columns) column.use();
  if (!declared) {
    requireNames(ctx, "TABLE", relation.columns, node.query.pos);
    return { sql: relation.sql, schema: relation.columns.map((c) => toField(c.id, c.type)) };
  }
  if (declared.length !== relation.columns.length) {
    throw ctx.fail(
      node.pos,
      `The number of columns in the column definition list does not match the number of columns produced by the query (${declared.length} vs ${relation.columns.length})`,
    );
  }
  const items = relation.columns.map((column, i) => {
    const to = declared[i];
    const value = to && coerce({ sql: `_s.${quoteName(column.id)}`, type: column.type }, to.type);
    if (!to || !value)
      throw ctx.fail(
        node.pos,
        `Column ${i + 1} has type ${typeName(column.type)} which cannot be coerced into the declared type`,
      );
    return `${value.sql} AS ${quoteName(to.name)}`;
  });
  return {
    sql: `SELECT ${items.join(", ")} FROM (${relation.sql}) AS _s`,
    schema: declared.map((c) => c.field),
  };
}

function columnName(ctx: Context, expr: Expr, schema: FieldSchema[]): string {
  const name = expr.k === "path" && expr.names.length === 1 ? expr.names[0]?.text : undefined;
  const field = schema.find((f) => f.name.toLowerCase() === name?.toLowerCase());
  if (!field) throw ctx.fail(expr.pos, `Unrecognized name: ${name ?? "expression"}`);
  return field.name;
}

const truncations: Record<string, string[]> = {
  DATE_TRUNC: ["DAY", "MONTH", "YEAR"],
  TIMESTAMP_TRUNC: ["HOUR", "DAY", "MONTH", "YEAR"],
  DATETIME_TRUNC: ["HOUR", "DAY", "MONTH", "YEAR"],
};

/** PARTITION BY d | DATE(ts) | DATE_TRUNC(d, MONTH) | _PARTITIONDATE. */
function partitioningOf(
  ctx: Context,
  expr: Expr | null,
  schema: FieldSchema[],
): WarehouseTable["partitioning"] {
  if (!expr) return null;
  if (expr.k === "path") {
    if (expr.names[0]?.text.toUpperCase() === "_PARTITIONDATE") return { type: "DAY", field: null };
    return { type: "DAY", field: partitionField(ctx, expr, schema, ["DATE"]) };
  }
  const [first, part] = expr.k === "call" ? expr.args : [];
  if (expr.k !== "call" || !first) throw ctx.refuse("PARTITION BY this expression");
  if (expr.name === "DATE" && expr.args.length === 1) {
    const field = partitionField(ctx, first, schema, ["TIMESTAMP", "DATETIME"]);
    return { type: "DAY", field };
  }
  const type = part?.k === "path" ? (part.names[0]?.text.toUpperCase() ?? "") : "";
  if (!truncations[expr.name]?.includes(type)) throw ctx.refuse(`PARTITION BY ${expr.name}`);
  return {
    type: type as "DAY",
    field: partitionField(ctx, first, schema, [expr.name.replace("_TRUNC", "")]),
  };
}

function partitionField(ctx: Context, expr: Expr, schema: FieldSchema[], kinds: string[]): string {
  const name = columnName(ctx, expr, schema);
  const type = schema.find((f) => f.name === name)?.type ?? "";
  if (!kinds.includes(type)) {
    throw ctx.fail(
      expr.pos,
      `PARTITION BY expression must be DATE(<timestamp_column>), DATE(<datetime_column>), DATETIME_TRUNC(<datetime_column>, DAY/HOUR/MONTH/YEAR), a DATE column, TIMESTAMP_TRUNC(<timestamp_column>, DAY/HOUR/MONTH/YEAR), DATE_TRUNC(<date_column>, MONTH/YEAR)`,
    );
  }
  return name;
}

/** Later statements of the job see the table, where the server says where it will be. */
export function addToOverlay(
  ctx: Context,
  name: TableName,
  schema: FieldSchema[],
  partitioning: WarehouseTable["partitioning"],
): void {
  const relation = ctx.options.catalog.relationFor?.(name);
  if (relation === undefined) return;
  const key = `${name.projectId}.${name.datasetId}.${name.tableId}`;
  ctx.overlay.set(key, { name, type: "TABLE", relation, schema, partitioning, viewQuery: null });
}
