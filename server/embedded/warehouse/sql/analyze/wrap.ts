import type { OrderItem } from "../parse/ast.ts";
import type { Typed } from "../types/typed.ts";
import { quoteName } from "../types/types.ts";
import {
  type Context,
  type Env,
  newScope,
  type Relation,
  type RelationColumn,
  type Scope,
} from "./context.ts";
import { orderSql } from "./ordering.ts";
import { outputSql } from "./output.ts";

/** Names the columns of the outermost SELECT. */
export type Labels = ((columns: RelationColumn[]) => string[]) | undefined;

interface Tail {
  orderBy: OrderItem[];
  limit: string;
  labels: Labels;
}

/** ORDER BY and LIMIT over a relation whose columns are its only names. */
export function wrap(ctx: Context, inner: Relation, parent: Scope, tail: Tail): Relation {
  const alias = ctx.id("s");
  const columns = inner.columns.map((column) => ({
    name: column.name,
    sql: `${alias}.${quoteName(column.id)}`,
    type: column.type,
    use: column.use,
  }));
  const scope = newScope(parent);
  scope.sources.push({ alias: null, columns, pseudo: [], value: null });
  const env: Env = {
    scope,
    clause: "ORDER BY clause",
    aggregates: false,
    windows: null,
    aliases: null,
  };
  const keys = tail.orderBy.map((item) => {
    const ordinal = ordinalOf(ctx, item, columns);
    return orderSql(ctx, ordinal ?? ctx.expr(env, item.expr), item);
  });
  const labels = tail.labels?.(inner.columns) ?? inner.columns.map((column) => column.id);
  const items = columns.map((column, i) => {
    const sql = tail.labels ? outputSql(column, labels[i] ?? "") : column.sql;
    return `${sql} AS ${quoteName(labels[i] ?? "")}`;
  });
  const order = keys.length === 0 ? "" : ` ORDER BY ${keys.join(", ")}`;
  return {
    isValueTable: inner.isValueTable,
    columns: inner.columns.map((column, i) => ({ ...column, id: labels[i] ?? column.id })),
    sql: `SELECT ${items.join(", ")} FROM (${inner.sql}) AS ${alias}${order}${tail.limit}`,
  };
}

/** `ORDER BY 2`: the second column. */
export function ordinalOf(ctx: Context, item: OrderItem, columns: Typed[]): Typed | null {
  const { expr } = item;
  if (expr.k !== "literal") return null;
  if (expr.type !== "INT64") {
    throw ctx.fail(expr.pos, "Cannot ORDER BY literal values");
  }
  const column = columns[Number(expr.text) - 1];
  if (!column) {
    throw ctx.fail(expr.pos, `ORDER BY is out of SELECT column number range: ${expr.text}`);
  }
  return column;
}
