import { aggregateTable } from "../functions/aggregates.ts";
import { windowTable } from "../functions/window-functions.ts";
import type { Call, FrameBound, WindowSpec } from "../parse/ast.ts";
import { coerce } from "../types/coerce.ts";
import type { Typed } from "../types/typed.ts";
import { scalar, typeName } from "../types/types.ts";
import { computeAggregate } from "./aggregates.ts";
import { callSite } from "./call-sites.ts";
import type { Context, Env } from "./context.ts";
import { orderSql } from "./ordering.ts";

export function isWindowFunction(name: string): boolean {
  return name in windowTable;
}

/** f(…) OVER (…) */
export function analyzeWindow(ctx: Context, env: Env, call: Call): Typed {
  if (!env.windows) throw ctx.fail(call.pos, `Analytic function not allowed in ${env.clause}`);
  if (call.safe) throw ctx.refuse(`SAFE.${call.name}`);
  const inner: Env = { ...env, windows: null, clause: "the arguments of an analytic function" };
  const spec = resolveWindow(ctx, env, call.over as WindowSpec);
  const rule = windowTable[call.name];
  if (rule) {
    if (rule.ordered && spec.orderBy.length === 0) {
      throw ctx.fail(
        (call.over as WindowSpec).pos,
        `Window ORDER BY is required for analytic function ${call.name.toLowerCase()}`,
      );
    }
    if (!rule.framed && spec.frame) {
      throw ctx.fail(
        call.pos,
        `Window framing clause is not allowed for analytic function ${call.name}`,
      );
    }
    return rule.compile({ ...callSite(ctx, inner, call), over: overSql(ctx, inner, spec) });
  }
  if (!(call.name in aggregateTable)) {
    throw ctx.fail(call.pos, `Function ${call.name} does not support an OVER clause`);
  }
  if (call.orderBy.length > 0 || call.limit) {
    throw ctx.fail(
      call.pos,
      `ORDER BY or LIMIT in the arguments of ${call.name} is not supported with OVER clause`,
    );
  }
  if (call.distinct && spec.orderBy.length > 0) {
    throw ctx.fail(call.pos, "Window ORDER BY is not allowed if DISTINCT is specified");
  }
  return computeAggregate(ctx, inner, call, overSql(ctx, inner, spec));
}

/** A named window, with what the reference adds to it. */
function resolveWindow(ctx: Context, env: Env, spec: WindowSpec): WindowSpec {
  if (!spec.base) return spec;
  const base = env.windows?.get(spec.base.text.toLowerCase());
  if (!base) throw ctx.fail(spec.base.pos, `Unrecognized window alias ${spec.base.text}`);
  const below = resolveWindow(ctx, env, base);
  return {
    base: null,
    partitionBy: below.partitionBy.length > 0 ? below.partitionBy : spec.partitionBy,
    orderBy: below.orderBy.length > 0 ? below.orderBy : spec.orderBy,
    frame: spec.frame ?? below.frame,
    pos: spec.pos,
  };
}

function overSql(ctx: Context, env: Env, spec: WindowSpec): string {
  const parts: string[] = [];
  if (spec.partitionBy.length > 0) {
    const keys = spec.partitionBy.map((expr) => partitionKey(ctx, ctx.expr(env, expr), expr.pos));
    parts.push(`PARTITION BY ${keys.join(", ")}`);
  }
  if (spec.orderBy.length > 0) {
    const items = spec.orderBy.map((item) => orderSql(ctx, ctx.expr(env, item.expr), item));
    parts.push(`ORDER BY ${items.join(", ")}`);
  }
  if (spec.frame) parts.push(frameSql(ctx, env, spec));
  return ` OVER (${parts.join(" ")})`;
}

function partitionKey(ctx: Context, key: Typed, pos: number): string {
  if (["ARRAY", "STRUCT"].includes(key.type.kind)) {
    throw ctx.refuse(`PARTITION BY of ${typeName(key.type)}`);
  }
  if (["JSON", "FLOAT64"].includes(key.type.kind)) {
    throw ctx.fail(pos, `Partitioning by expressions of type ${typeName(key.type)} is not allowed`);
  }
  return key.sql;
}

function frameSql(ctx: Context, env: Env, spec: WindowSpec): string {
  const { frame } = spec;
  if (!frame) return "";
  if (frame.unit === "RANGE" && (frame.start.offset || frame.end.offset)) {
    const [key] = spec.orderBy;
    const kind = key && ctx.expr(env, key.expr).type.kind;
    if (kind === "BIGNUMERIC") throw ctx.refuse("RANGE frames with offsets over BIGNUMERIC");
    if (spec.orderBy.length !== 1 || !kind || !["INT64", "NUMERIC", "FLOAT64"].includes(kind)) {
      throw ctx.fail(spec.pos, "RANGE with offsets needs one numeric ORDER BY key");
    }
    if (kind === "FLOAT64") throw ctx.refuse("RANGE frames with offsets over FLOAT64");
  }
  const [start, end] = [frame.start, frame.end].map((bound) => boundSql(ctx, env, bound, spec.pos));
  return `${frame.unit} BETWEEN ${start} AND ${end}`;
}

function boundSql(ctx: Context, env: Env, bound: FrameBound, pos: number): string {
  switch (bound.kind) {
    case "unboundedPreceding":
      return "UNBOUNDED PRECEDING";
    case "unboundedFollowing":
      return "UNBOUNDED FOLLOWING";
    case "current":
      return "CURRENT ROW";
    default: {
      const offset = bound.offset && coerce(ctx.expr(env, bound.offset), scalar("INT64"));
      if (!offset?.constant)
        throw ctx.fail(pos, "Window frame offsets must be integer literals or parameters");
      if (Number(offset.constant.value) < 0)
        throw ctx.fail(pos, "Window frame offsets must not be negative");
      return `${offset.sql} ${bound.kind === "preceding" ? "PRECEDING" : "FOLLOWING"}`;
    }
  }
}
