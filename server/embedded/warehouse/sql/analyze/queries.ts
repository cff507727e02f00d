import type { Body, Query } from "../parse/ast.ts";
import { type Context, type Cte, newScope, type Relation, type Scope } from "./context.ts";
import { limitSql } from "./limits.ts";
import { analyzePipes } from "./pipes.ts";
import { analyzeSelect } from "./select.ts";
import { analyzeSetOperation } from "./set-operations.ts";
import { bindWiths, underWiths } from "./withs.ts";
import { type Labels, wrap } from "./wrap.ts";

/** A query in DuckDB's SQL: WITH, body, ORDER BY, LIMIT. */
export function analyzeQuery(
  ctx: Context,
  query: Query,
  parent: Scope | null,
  labels?: Labels,
): Relation {
  ctx.tick();
  const ctes = new Map<string, Cte>(parent?.ctes ?? []);
  const withs = bindWiths(ctx, query, parent, ctes);
  const scope = newScope(parent, ctes);
  const tail = limitSql(ctx, query, scope);
  const relation = analyzeBody(ctx, query, scope, tail, labels);
  const { narrow } = relation;
  return {
    ...relation,
    sql: underWiths(withs, relation.sql),
    ...(narrow ? { narrow: { ...narrow, sql: underWiths(withs, narrow.sql) } } : {}),
  };
}

function analyzeBody(
  ctx: Context,
  query: Query,
  scope: Scope,
  limit: string,
  labels: Labels,
): Relation {
  const { body, orderBy } = query;
  if (body.k === "select") return analyzeSelect(ctx, body, scope, { orderBy, limit, labels });
  if (body.k === "piped") return analyzePipes(ctx, body, scope, labels);
  if (body.k === "parens" && orderBy.length === 0 && limit === "") {
    return analyzeQuery(ctx, body.query, scope, labels);
  }
  const inner = analyzeOperand(ctx, body, scope);
  return wrap(ctx, inner, scope, { orderBy, limit, labels });
}

export function analyzeOperand(ctx: Context, body: Body, scope: Scope): Relation {
  if (body.k === "select") {
    return analyzeSelect(ctx, body, scope, { orderBy: [], limit: "", labels: undefined });
  }
  if (body.k === "parens") return analyzeQuery(ctx, body.query, scope);
  if (body.k === "piped") return analyzePipes(ctx, body, scope, undefined);
  return analyzeSetOperation(ctx, body, scope, (operand) => analyzeOperand(ctx, operand, scope));
}
