import { orderSql } from "../analyze/ordering.ts";
import type { Typed } from "../types/typed.ts";
import type { CallSite } from "./call-site.ts";

/** ORDER BY in an aggregate's arguments. With DISTINCT only the argument itself can order. */
export function aggregateOrder(site: CallSite, arg: Typed): string {
  const { call, ctx, env } = site;
  if (call.orderBy.length === 0) return "";
  const keys = call.orderBy.map((item) => {
    const key = ctx.expr(env, item.expr);
    if (call.distinct && key.sql !== arg.sql) {
      throw ctx.fail(
        item.expr.pos,
        `An aggregate function that has both DISTINCT and ORDER BY arguments can only ORDER BY expressions that are arguments to the function`,
      );
    }
    return orderSql(ctx, key, item);
  });
  return ` ORDER BY ${keys.join(", ")}`;
}
