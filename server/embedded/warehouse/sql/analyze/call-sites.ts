import { aggregateTable } from "../functions/aggregates.ts";
import type { CallSite } from "../functions/call-site.ts";
import { signatureError } from "../functions/supported-signatures.ts";
import type { Call } from "../parse/ast.ts";
import { typeName } from "../types/types.ts";
import type { Context, Env } from "./context.ts";

export function callSite(ctx: Context, env: Env, call: Call): CallSite {
  return {
    ctx,
    env,
    call,
    node: (index) => call.args[index],
    arg: (index) => {
      const node = call.args[index];
      if (!node) {
        const kind = call.name in aggregateTable ? "aggregate function" : "function";
        const types = call.args.map((arg) => typeName(ctx.expr(env, arg).type));
        throw ctx.fail(call.pos, signatureError(`${kind} ${call.name}`, types));
      }
      return ctx.expr(env, node);
    },
  };
}
