import type { Query } from "../parse/ast.ts";
import { coerce } from "../types/coerce.ts";
import { scalar } from "../types/types.ts";
import type { Context, Env, Scope } from "./context.ts";

/** LIMIT and OFFSET take constants. */
export function limitSql(
  ctx: Context,
  query: Pick<Query, "limit" | "offset">,
  scope: Scope,
): string {
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
