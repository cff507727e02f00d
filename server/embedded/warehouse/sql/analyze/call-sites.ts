import type { CallSite } from "../functions/call-site.ts";
import type { Call } from "../parse/ast.ts";
import type { Context, Env } from "./context.ts";

export function callSite(ctx: Context, env: Env, call: Call): CallSite {
  return {
    ctx,
    env,
    call,
    node: (index) => call.args[index],
    arg: (index) => {
      const node = call.args[index];
      if (!node) throw ctx.fail(call.pos, `Missing argument ${index + 1} of function ${call.name}`);
      return ctx.expr(env, node);
    },
  };
}
