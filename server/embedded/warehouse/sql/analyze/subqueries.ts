import type { Expr, Query } from "../parse/ast.ts";
import { carried, physical } from "../types/exact-decimals.ts";
import type { Typed } from "../types/typed.ts";
import { arrayOf, scalar, typeName } from "../types/types.ts";
import type { Context, Env, Relation } from "./context.ts";
import { unify } from "./operators.ts";

type Node<K extends Expr["k"]> = Extract<Expr, { k: K }>;

function subquery(ctx: Context, env: Env, query: Query): Relation {
  const relation = ctx.analyzers.query(ctx, query, env.scope);
  for (const column of relation.columns) ctx.use(column);
  return relation;
}

function single(ctx: Context, relation: Relation, pos: number, what: string) {
  const [column] = relation.columns;
  if (!column || relation.columns.length > 1) {
    throw ctx.fail(
      pos,
      `${what} cannot have more than one column unless using SELECT AS STRUCT to build STRUCT values`,
    );
  }
  return column;
}

export function analyzeScalarQuery(ctx: Context, env: Env, node: Node<"scalarQuery">): Typed {
  const relation = subquery(ctx, env, node.query);
  const column = single(ctx, relation, node.pos, "Scalar subquery");
  const { sql, digits } = relation.narrow ?? { sql: relation.sql, digits: [] };
  return carried(`(${sql})`, column.type, digits[0]);
}

export function analyzeArrayQuery(ctx: Context, env: Env, node: Node<"arrayQuery">): Typed {
  const relation = subquery(ctx, env, node.query);
  const column = single(ctx, relation, node.pos, "ARRAY subquery");
  if (column.type.kind === "ARRAY") {
    throw ctx.fail(
      node.pos,
      "Cannot use array subquery with column of type ARRAY because nested arrays are not supported",
    );
  }
  return { sql: `ARRAY(${relation.sql})`, type: arrayOf(column.type) };
}

export function analyzeExists(ctx: Context, env: Env, node: Node<"exists">): Typed {
  // The columns that it selects are not read: only whether there is a row counts.
  const { sql } = ctx.analyzers.query(ctx, node.query, env.scope);
  return { sql: `EXISTS (${sql})`, type: scalar("BOOL") };
}

export function analyzeInQuery(ctx: Context, env: Env, node: Node<"inQuery">): Typed {
  const arg = ctx.expr(env, node.arg);
  const relation = subquery(ctx, env, node.query);
  const column = single(ctx, relation, node.pos, "Subquery of type IN");
  const { sql: rows, digits } = relation.narrow ?? { sql: relation.sql, digits: [] };
  const element = carried(`_q."${column.id}"`, column.type, digits[0]);
  const [left, right] = unify(ctx, [arg, element], node.pos, "operator IN") as [Typed, Typed];
  if (["STRUCT", "ARRAY", "JSON"].includes(left.type.kind)) {
    throw ctx.refuse(`IN (subquery) over ${typeName(left.type)}`);
  }
  // NaN equals nothing, which DuckDB sees otherwise.
  const numbers = right.type.kind === "FLOAT64" ? ` WHERE isnan(${right.sql}) IS NOT TRUE` : "";
  const sql = `(${physical(left)} ${node.not ? "NOT " : ""}IN (SELECT ${physical(right)} FROM (${rows}) AS _q${numbers}))`;
  return { sql, type: scalar("BOOL") };
}
