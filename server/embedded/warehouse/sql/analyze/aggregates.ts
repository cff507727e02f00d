import { aggregateTable } from "../functions/aggregates.ts";
import type { Call, Expr } from "../parse/ast.ts";
import { carried, physical } from "../types/exact-decimals.ts";
import type { Typed } from "../types/typed.ts";
import { callSite } from "./call-sites.ts";
import type { Context, Env } from "./context.ts";

export function isAggregate(call: Call): boolean {
  return call.over === null && call.name in aggregateTable;
}

/** Does the expression aggregate at its own level (not in a subquery, not in a window)? */
export function hasAggregate(expr: Expr | null): boolean {
  return anyCall(expr, (call) => isAggregate(call) || call.name === "GROUPING");
}

export function hasWindow(expr: Expr | null): boolean {
  return anyCall(expr, (call) => call.over !== null);
}

function anyCall(node: unknown, test: (call: Call) => boolean): boolean {
  if (typeof node !== "object" || node === null) return false;
  if (Array.isArray(node)) return node.some((item) => anyCall(item, test));
  if ("withs" in node) return false;
  if ("k" in node && node.k === "call" && test(node as Call)) return true;
  return Object.values(node).some((value) => anyCall(value, test));
}

/**
 * An aggregate is computed by the inner SELECT, which groups; what stands above it sees a column of
 * that. The same aggregate twice is one column.
 */
export function analyzeAggregate(ctx: Context, env: Env, call: Call): Typed {
  const { grouping } = env.scope;
  if (!grouping || !env.aggregates) {
    throw ctx.fail(
      call.pos,
      `Aggregate function ${call.name}${call.star ? "(*)" : ""} not allowed in ${env.clause}`,
    );
  }
  if (call.safe) throw ctx.refuse(`SAFE.${call.name}`);
  const inner: Env = {
    scope: grouping.inner,
    clause: "an argument of an aggregate function",
    aggregates: false,
    windows: null,
    aliases: null,
  };
  if (call.args.some((arg) => hasWindow(arg))) {
    throw ctx.fail(call.pos, "Analytic functions cannot be arguments to aggregate functions");
  }
  if (call.args.some((arg) => hasAggregate(arg))) {
    throw ctx.fail(call.pos, "Aggregations of aggregations are not allowed");
  }
  const value = computeAggregate(ctx, inner, call, "");
  return register(env, value);
}

function register(env: Env, value: Typed): Typed {
  const { grouping } = env.scope;
  if (!grouping) return value;
  const known = grouping.aggregates.get(value.sql);
  if (known) return known.out;
  const id = `a${grouping.aggregates.size + 1}`;
  const out = carried(`${grouping.alias}."${id}"`, value.type, value.exact);
  grouping.aggregates.set(value.sql, { inner: physical(value), out });
  return out;
}

/** GROUPING(key): 1 where the row's grouping set leaves the key out. */
export function analyzeGrouping(ctx: Context, env: Env, call: Call): Typed {
  const { grouping } = env.scope;
  const [arg] = call.args;
  if (!grouping || !arg) throw ctx.fail(call.pos, "GROUPING must be used with GROUP BY");
  const inner: Env = {
    ...env,
    scope: grouping.inner,
    aggregates: false,
    windows: null,
    aliases: null,
  };
  const value = ctx.expr(inner, arg);
  if (!grouping.isGrouping(value.sql)) {
    throw ctx.fail(
      call.pos,
      "GROUPING must have an argument that exists within the group-by expression list",
    );
  }
  return register(env, {
    sql: `CAST(GROUPING(${physical(value)}) AS BIGINT)`,
    type: { kind: "INT64" },
  });
}

/** `over` is empty, or the window that each aggregate in the template gets. */
export function computeAggregate(ctx: Context, env: Env, call: Call, over: string): Typed {
  const rule = aggregateTable[call.name];
  if (!rule) throw ctx.refuse(`aggregate function ${call.name}`);
  if (call.having && call.name !== "ANY_VALUE") {
    throw ctx.refuse(`${call.name} with HAVING ${call.having.max ? "MAX" : "MIN"}`);
  }
  return rule({ ...callSite(ctx, env, call), over });
}
