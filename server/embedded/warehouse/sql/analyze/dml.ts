import {
  type CompiledStatement,
  partitionTimeColumn,
  type WarehouseTable,
} from "../../contract.ts";
import type { Statement, ValuesRow } from "../parse/statement-ast.ts";
import type { Typed } from "../types/typed.ts";
import { quoteName } from "../types/types.ts";
import { type Context, newScope, type Scope } from "./context.ts";
import { defaultValue } from "./default-values.ts";
import {
  assign,
  columnOf,
  done,
  oneMatchOnly,
  setClause,
  type TargetColumn,
  target,
  targetScope,
  unnamedDefaults,
} from "./dml-parts.ts";
import { analyzeFrom } from "./from.ts";
import { compileMerge } from "./merge.ts";
import { condition } from "./operators.ts";
import { plainEnv } from "./plain-env.ts";

type Node<K extends Statement["k"]> = Extract<Statement, { k: K }>;

/** INSERT, UPDATE, DELETE, MERGE, TRUNCATE. */
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
    case "merge":
      return compileMerge(ctx, node);
    default:
      throw ctx.refuse("this statement");
  }
}

function insert(ctx: Context, node: Node<"insert">): CompiledStatement {
  const table = target(ctx, node.path);
  const names = node.columns ?? table.schema.map((field) => ({ text: field.name, pos: node.pos }));
  const columns = names.map((name) => columnOf(ctx, table, name));
  const double = columns.findIndex(
    (column, i) => columns.findIndex((c) => c.name === column.name) < i,
  );
  if (double >= 0) {
    const name = names[double];
    throw ctx.fail(name?.pos ?? 0, `INSERT has columns with duplicate name: ${name?.text}`);
  }
  const unnamed = unnamedDefaults(ctx, table, columns);
  const fills = () =>
    unnamed.map((column) => assign(ctx, node.pos, defaultValue(ctx, column), column));
  const source = Array.isArray(node.source)
    ? insertRows(ctx, node, node.source, { columns, fills })
    : insertQuery(ctx, node, { columns, fills });
  const list = [...columns, ...unnamed].map((column) => quoteName(column.name)).join(", ");
  const { relation } = table;
  const partition = columns.some((column) => column.unit) ? null : ingestionPartition(ctx, table);
  if (partition === null)
    return done(ctx, "INSERT", table, `INSERT INTO ${relation} (${list}) ${source}`);
  const all = `${list}, ${quoteName(partitionTimeColumn)}`;
  return done(
    ctx,
    "INSERT",
    table,
    `INSERT INTO ${relation} (${all}) SELECT *, ${partition} FROM (${source}) AS _i`,
  );
}

/** Rows come into the partition of the job's instant. */
function ingestionPartition(ctx: Context, table: WarehouseTable): string | null {
  if (!table.partitioning || table.partitioning.field !== null) return null;
  const now = ctx.options.now.toISOString().replace("T", " ").replace("Z", "");
  return `timezone('UTC', date_trunc('${table.partitioning.type.toLowerCase()}', TIMESTAMP '${now}'))`;
}

interface Into {
  columns: TargetColumn[];
  /** The values of the columns behind them, made anew for each row that is written. */
  fills: () => string[];
}

function insertRows(
  ctx: Context,
  node: Node<"insert">,
  rows: ValuesRow[],
  { columns, fills }: Into,
): string {
  const env = plainEnv(newScope(ctx.root), "VALUES");
  const tuples = rows.map((row) => {
    if (row.values.length !== columns.length) {
      throw ctx.fail(
        row.pos,
        `Inserted row has wrong column count; Has ${row.values.length}, expected ${columns.length}`,
      );
    }
    const values = row.values.map((expr, i) => {
      const column = columns[i] as TargetColumn;
      return assign(
        ctx,
        expr?.pos ?? node.pos,
        expr ? ctx.expr(env, expr) : defaultValue(ctx, column),
        column,
      );
    });
    return `(${[...values, ...fills()].join(", ")})`;
  });
  return `VALUES ${tuples.join(", ")}`;
}

function insertQuery(ctx: Context, node: Node<"insert">, { columns, fills }: Into): string {
  const query = node.source as Exclude<typeof node.source, unknown[]>;
  const relation = ctx.analyzers.query(ctx, query, ctx.root);
  for (const column of relation.columns) ctx.use(column);
  if (relation.columns.length !== columns.length) {
    throw ctx.fail(
      query.pos,
      `Inserted row has wrong column count; Has ${relation.columns.length}, expected ${columns.length}`,
    );
  }
  const items = relation.columns.map((column, i) => {
    const value: Typed = { sql: `_s.${quoteName(column.id)}`, type: column.type };
    const source = column.constant ? { ...value, constant: column.constant } : value;
    return assign(
      ctx,
      query.pos,
      source,
      columns[i] as TargetColumn,
      `Query column ${i + 1} has type`,
    );
  });
  return `SELECT ${[...items, ...fills()].join(", ")} FROM (${relation.sql}) AS _s`;
}

function update(ctx: Context, node: Node<"update">): CompiledStatement {
  const table = target(ctx, node.path);
  const { scope, id } = targetScope(ctx, table, node.alias);
  if (node.from) return updateFrom(ctx, node, table, scope, id);
  const sets = node.set.map((each) => setClause(ctx, table, scope, each));
  const where = condition(ctx, plainEnv(scope, "WHERE clause"), node.where, "WHERE clause").sql;
  const assignments = sets.map(({ column, value }) => `${column} = ${value}`).join(", ");
  return done(
    ctx,
    "UPDATE",
    table,
    `UPDATE ${table.relation} AS ${id} SET ${assignments} WHERE ${where}`,
  );
}

/**
 * UPDATE … FROM joins first and updates by row id then: BigQuery fails where a row matches twice, and
 * DuckDB would take one of the two.
 */
function updateFrom(
  ctx: Context,
  node: Node<"update">,
  table: WarehouseTable,
  scope: Scope,
  id: string,
): CompiledStatement {
  if (!node.from) throw ctx.refuse("UPDATE without FROM here");
  const from = analyzeFrom(ctx, node.from, scope);
  const sets = node.set.map((each) => setClause(ctx, table, scope, each));
  const where = condition(ctx, plainEnv(scope, "WHERE clause"), node.where, "WHERE clause").sql;
  const values = sets.map(({ value }, i) => `${value} AS "v${i}"`).join(", ");
  const joined = `SELECT ${id}.rowid AS "r", ${values}, count(*) OVER (PARTITION BY ${id}.rowid) AS "n" FROM ${table.relation} AS ${id} CROSS JOIN ${from} WHERE ${where}`;
  const matched = `SELECT * FROM (${joined}) AS _j WHERE ${oneMatchOnly}`;
  const [outer, source] = [ctx.id("t"), ctx.id("m")];
  const assignments = sets.map(({ column }, i) => `${column} = ${source}."v${i}"`).join(", ");
  return done(
    ctx,
    "UPDATE",
    table,
    `UPDATE ${table.relation} AS ${outer} SET ${assignments} FROM (${matched}) AS ${source} WHERE ${outer}.rowid = ${source}."r"`,
  );
}

function remove(ctx: Context, node: Node<"delete">): CompiledStatement {
  const table = target(ctx, node.path);
  const { scope, id } = targetScope(ctx, table, node.alias);
  const where = condition(ctx, plainEnv(scope, "WHERE clause"), node.where, "WHERE clause").sql;
  return done(ctx, "DELETE", table, `DELETE FROM ${table.relation} AS ${id} WHERE ${where}`);
}
