import type { CompiledStatement, WarehouseTable } from "../../contract.ts";
import type { Expr, Name } from "../parse/ast.ts";
import type { Assignment, Statement } from "../parse/statement-ast.ts";
import { coerce } from "../types/coerce.ts";
import { type Typed, typedNull } from "../types/typed.ts";
import { fromField, type GType, quoteName, typeName } from "../types/types.ts";
import { type Context, type Env, newScope, type Scope } from "./context.ts";
import { analyzeFrom } from "./from.ts";
import { condition } from "./operators.ts";
import { readsOf } from "./results.ts";
import { tableKey } from "./table-columns.ts";
import { findTable, qualify, tableSource } from "./tables.ts";

type Node<K extends Statement["k"]> = Extract<Statement, { k: K }>;

/** INSERT, UPDATE, DELETE, TRUNCATE. */
export function compileDml(ctx: Context, node: Statement): CompiledStatement {
  switch (node.k) {
    case "insert":
      return insert(ctx, node);
    case "update":
      return update(ctx, node);
    case "delete":
      return remove(ctx, node);
    case "truncate": {
      const table = target(ctx, node.path);
      return done(ctx, "TRUNCATE_TABLE", table, `DELETE FROM ${table.relation}`);
    }
    default:
      throw ctx.refuse("MERGE");
  }
}

function target(ctx: Context, path: Name[]): WarehouseTable {
  const table = findTable(ctx, qualify(ctx, path));
  if (table.viewQuery !== null)
    throw ctx.fail(
      path[0]?.pos ?? 0,
      `Cannot modify the view ${table.name.datasetId}.${table.name.tableId}`,
    );
  ctx.referenced.set(tableKey(table.name), table.name);
  return table;
}

function done(
  ctx: Context,
  statementType: string,
  table: WarehouseTable,
  sql: string,
): CompiledStatement {
  return { kind: "dml", statementType, target: table.name, sql, reads: readsOf(ctx) };
}

function columnOf(ctx: Context, table: WarehouseTable, name: Name): { name: string; type: GType } {
  const field = table.schema.find((f) => f.name.toLowerCase() === name.text.toLowerCase());
  const type = field && fromField(field);
  if (field && !type) throw ctx.refuse(`columns of type ${field.type}`);
  if (field && type) return { name: field.name, type };
  throw ctx.fail(
    name.pos,
    `Column ${name.text} is not present in table ${table.name.projectId}.${table.name.datasetId}.${table.name.tableId}`,
  );
}

function insert(ctx: Context, node: Node<"insert">): CompiledStatement {
  const table = target(ctx, node.path);
  if (table.partitioning && table.partitioning.field === null)
    throw ctx.refuse("INSERT into a table partitioned by ingestion time");
  const names = node.columns ?? table.schema.map((field) => ({ text: field.name, pos: node.pos }));
  const columns = names.map((name) => columnOf(ctx, table, name));
  const source = Array.isArray(node.source)
    ? insertRows(ctx, node, node.source, columns)
    : insertQuery(ctx, node, columns);
  const list = columns.map((column) => quoteName(column.name)).join(", ");
  return done(ctx, "INSERT", table, `INSERT INTO ${table.relation} (${list}) ${source}`);
}

function assign(
  ctx: Context,
  pos: number,
  value: Typed,
  column: { name: string; type: GType },
): string {
  const coerced = coerce(value, column.type);
  if (coerced) return stored(coerced);
  throw ctx.fail(
    pos,
    `Query column has type ${typeName(value.type)} which cannot be inserted into column ${column.name}, which has type ${typeName(column.type)}`,
  );
}

/** A table has no absent arrays. */
function stored(value: Typed): string {
  return value.type.kind === "ARRAY" ? `coalesce(${value.sql}, [])` : value.sql;
}

function plainEnv(scope: Scope, clause: string): Env {
  return { scope, clause, aggregates: false, windows: null, aliases: null };
}

function insertRows(
  ctx: Context,
  node: Node<"insert">,
  rows: (Expr | null)[][],
  columns: { name: string; type: GType }[],
): string {
  const env = plainEnv(newScope(null, new Map()), "VALUES");
  const tuples = rows.map((row) => {
    if (row.length !== columns.length) {
      throw ctx.fail(
        node.pos,
        `Inserted row has wrong column count; Has ${row.length}, expected ${columns.length}`,
      );
    }
    const values = row.map((expr, i) => {
      const column = columns[i] as { name: string; type: GType };
      return assign(
        ctx,
        expr?.pos ?? node.pos,
        expr ? ctx.expr(env, expr) : typedNull(column.type),
        column,
      );
    });
    return `(${values.join(", ")})`;
  });
  return `VALUES ${tuples.join(", ")}`;
}

function insertQuery(
  ctx: Context,
  node: Node<"insert">,
  columns: { name: string; type: GType }[],
): string {
  const relation = ctx.analyzers.query(
    ctx,
    node.source as Exclude<typeof node.source, unknown[]>,
    null,
  );
  for (const column of relation.columns) ctx.use(column);
  if (relation.columns.length !== columns.length) {
    throw ctx.fail(
      node.pos,
      `Inserted row has wrong column count; Has ${relation.columns.length}, expected ${columns.length}`,
    );
  }
  const items = relation.columns.map((column, i) => {
    const value: Typed = { sql: `_s.${quoteName(column.id)}`, type: column.type };
    const source = column.constant ? { ...value, constant: column.constant } : value;
    return assign(ctx, node.pos, source, columns[i] as { name: string; type: GType });
  });
  return `SELECT ${items.join(", ")} FROM (${relation.sql}) AS _s`;
}

function targetScope(
  ctx: Context,
  table: WarehouseTable,
  alias: Name | null,
): { scope: Scope; id: string } {
  const scope = newScope(null, new Map());
  const id = ctx.id("t");
  const name = alias?.text ?? table.name.tableId;
  scope.sources.push({ ...tableSource(ctx, table, id), alias: name });
  return { scope, id };
}

function update(ctx: Context, node: Node<"update">): CompiledStatement {
  const table = target(ctx, node.path);
  const { scope, id } = targetScope(ctx, table, node.alias);
  const from = node.from ? analyzeFrom(ctx, node.from, scope) : "";
  const sets = node.set.map((each) => setClause(ctx, table, scope, each));
  const where = condition(ctx, plainEnv(scope, "WHERE clause"), node.where, "WHERE clause").sql;
  if (node.from) throw ctx.refuse("UPDATE … FROM");
  return done(
    ctx,
    "UPDATE",
    table,
    `UPDATE ${table.relation} AS ${id} SET ${sets.join(", ")}${from} WHERE ${where}`,
  );
}

function setClause(ctx: Context, table: WarehouseTable, scope: Scope, node: Assignment): string {
  const [first, ...rest] = node.path as [Name, ...Name[]];
  if (rest.length > 0) throw ctx.refuse("UPDATE of a field of a STRUCT");
  const column = columnOf(ctx, table, first);
  if (table.partitioning?.field === column.name)
    throw ctx.refuse("UPDATE of the partitioning column");
  const value = node.value
    ? ctx.expr(plainEnv(scope, "UPDATE SET"), node.value)
    : typedNull(column.type);
  return `${quoteName(column.name)} = ${assign(ctx, node.pos, value, column)}`;
}

function remove(ctx: Context, node: Node<"delete">): CompiledStatement {
  const table = target(ctx, node.path);
  const { scope, id } = targetScope(ctx, table, node.alias);
  const where = condition(ctx, plainEnv(scope, "WHERE clause"), node.where, "WHERE clause").sql;
  return done(ctx, "DELETE", table, `DELETE FROM ${table.relation} AS ${id} WHERE ${where}`);
}
