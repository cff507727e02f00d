import type { Body, Query } from "../parse/ast.ts";
import { coerce } from "../types/coerce.ts";
import { scalar } from "../types/types.ts";
import {
  type Context,
  type Cte,
  type Env,
  newScope,
  type Relation,
  type Scope,
} from "./context.ts";
import { analyzeSelect } from "./select.ts";
import { analyzeSetOperation } from "./set-operations.ts";
import { bindWiths } from "./withs.ts";
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
  return withs === "" ? relation : { ...relation, sql: `${withs} ${relation.sql}` };
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
  return analyzeSetOperation(ctx, body, scope, (operand) => analyzeOperand(ctx, operand, scope));
}

function limitSql(ctx: Context, query: Query, scope: Scope): string {
  const env: Env = {
    scope,
    clause: "LIMIT clause",
    aggregates: false,
    windows: null,
    aliases: null,
  };
  const count = (node: Query["limit"], word: string): string => {
    if (!node) return "";
    const value = coerce(ctx.expr(env, node), scalar("INT64"));
    const number = value?.constant?.value;
    if (value === null || number === undefined || number === null) {
      throw ctx.fail(node.pos, `${word} expects an integer literal or parameter`);
    }
    if (Number(number) < 0)
      throw ctx.fail(node.pos, `${word} expects a non-negative integer literal or parameter`);
    return ` ${word} ${number}`;
  };
  return count(query.limit, "LIMIT") + count(query.offset, "OFFSET");
}
