import { coerce } from "../types/coerce.ts";
import { int64, type Typed } from "../types/typed.ts";
import { scalar, typeName } from "../types/types.ts";
import type { CallSite, FunctionTable } from "./call-site.ts";

const parts = ["year", "month", "day", "hour", "minute", "second"];

/** Positional arguments first, named ones after them; what is absent is 0. */
function makeInterval(site: CallSite): Typed {
  const { call, ctx, env } = site;
  if (call.args.length > parts.length)
    throw ctx.fail(call.pos, `Number of arguments does not match for function ${call.name}`);
  const amounts = new Map<string, string>();
  for (const [i, arg] of call.args.entries()) {
    const named = arg.k === "named" ? arg.name.text.toLowerCase() : null;
    const part = named ?? parts[i] ?? "";
    if (!parts.includes(part))
      throw ctx.fail(
        arg.pos,
        `Named argument ${part} not found in signature for call to function ${call.name}`,
      );
    if (amounts.has(part) || (named === null && amounts.size < i))
      throw ctx.fail(
        arg.pos,
        `Call to function ${call.name} must not have two values of argument ${part}`,
      );
    const value = ctx.expr(env, arg.k === "named" ? arg.value : arg);
    const amount = coerce(value, scalar("INT64"));
    if (!amount)
      throw ctx.fail(
        arg.pos,
        `No matching signature for function ${call.name} for argument type ${typeName(value.type)}`,
      );
    amounts.set(part, amount.sql);
  }
  const sql = `maestro_make_interval(${parts.map((part) => amounts.get(part) ?? int64(0).sql).join(", ")})`;
  return { sql, type: scalar("INTERVAL") };
}

export const intervalFunctions: FunctionTable = {
  MAKE_INTERVAL: makeInterval,
  JUSTIFY_DAYS: [["INTERVAL -> INTERVAL", "maestro_justify_days($1)"]],
  JUSTIFY_HOURS: [["INTERVAL -> INTERVAL", "maestro_justify_hours($1)"]],
  JUSTIFY_INTERVAL: [["INTERVAL -> INTERVAL", "maestro_justify_interval($1)"]],
};
