import type { Expr } from "../parse/ast.ts";
import type { Typed } from "../types/typed.ts";
import { analyzeCall } from "./calls.ts";
import {
  analyzeArray,
  analyzeCase,
  analyzeCast,
  analyzeIndex,
  analyzeStruct,
} from "./constructors.ts";
import type { Context, Env } from "./context.ts";
import { analyzeExtract } from "./date-expressions.ts";
import { analyzeInterval } from "./intervals.ts";
import { analyzeLiteral, analyzeTyped } from "./literals.ts";
import { fieldOf, resolvePath } from "./names.ts";
import {
  analyzeBetween,
  analyzeDistinctFrom,
  analyzeIn,
  analyzeIs,
  analyzeLike,
  analyzeLogical,
  analyzeNot,
  analyzeOperator,
} from "./operators.ts";
import { analyzeParameter } from "./parameters.ts";
import {
  analyzeArrayQuery,
  analyzeExists,
  analyzeInQuery,
  analyzeScalarQuery,
} from "./subqueries.ts";
import { analyzeSystemVariable } from "./system-variables.ts";

type Kinds = Expr["k"];
type Analyzer<K extends Kinds> = (ctx: Context, env: Env, expr: Extract<Expr, { k: K }>) => Typed;

const byKind: { [K in Kinds]: Analyzer<K> } = {
  literal: analyzeLiteral,
  typed: analyzeTyped,
  path: (ctx, env, expr) => aliasOrPath(ctx, env, expr),
  field: (ctx, env, expr) => fieldOf(ctx, ctx.expr(env, expr.base), expr.name),
  index: analyzeIndex,
  param: analyzeParameter,
  systemVariable: analyzeSystemVariable,
  op: analyzeOperator,
  and: analyzeLogical,
  or: analyzeLogical,
  not: analyzeNot,
  is: analyzeIs,
  distinctFrom: analyzeDistinctFrom,
  between: analyzeBetween,
  in: analyzeIn,
  inQuery: analyzeInQuery,
  inUnnest: analyzeIn,
  like: analyzeLike,
  case: analyzeCase,
  cast: analyzeCast,
  extract: analyzeExtract,
  interval: analyzeInterval,
  array: analyzeArray,
  arrayQuery: analyzeArrayQuery,
  struct: analyzeStruct,
  tuple: (ctx, env, expr) =>
    analyzeStruct(ctx, env, {
      k: "struct",
      type: null,
      fields: expr.items.map((item) => ({ expr: item, alias: null })),
      pos: expr.pos,
    }),
  scalarQuery: analyzeScalarQuery,
  exists: analyzeExists,
  named: (ctx, _env, expr) => {
    throw ctx.refuse(`the named argument ${expr.name.text}`);
  },
  call: analyzeCall,
};

export function analyzeExpr(ctx: Context, env: Env, expr: Expr): Typed {
  ctx.tick();
  const key = groupKey(ctx, env, expr);
  if (key) return key;
  return (byKind[expr.k] as Analyzer<Kinds>)(ctx, env, expr as never);
}

/** Above GROUP BY an expression that equals a key is the key. */
function groupKey(ctx: Context, env: Env, expr: Expr): Typed | null {
  const { grouping } = env.scope;
  if (!grouping || expr.k === "path" || expr.k === "literal") return null;
  const candidates = grouping.keys.filter((key) => key.kind === expr.k);
  if (candidates.length === 0) return null;
  const inner: Env = {
    ...env,
    scope: grouping.inner,
    aggregates: false,
    windows: null,
    aliases: null,
  };
  try {
    const { sql } = ctx.collect(() => ctx.expr(inner, expr)).result;
    return candidates.find((key) => key.sql === sql)?.out ?? null;
  } catch {
    return null;
  }
}

function aliasOrPath(ctx: Context, env: Env, expr: Extract<Expr, { k: "path" }>): Typed {
  const [first, ...rest] = expr.names;
  const alias = first && env.aliases?.get(first.text.toLowerCase());
  if (alias) {
    ctx.use(alias);
    return rest.reduce((value, name) => fieldOf(ctx, value, name), alias.value);
  }
  return resolvePath(ctx, env.scope, expr.names, env.clause);
}
