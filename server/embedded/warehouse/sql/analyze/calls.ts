import { aggregateTable } from "../functions/aggregates.ts";
import { matchBest } from "../functions/call-site.ts";
import { functionTable } from "../functions/functions.ts";
import { isBigQueryFunction, knownNames } from "../functions/known-names.ts";
import { noMatch, parseSignature } from "../functions/signature.ts";
import type { Call } from "../parse/ast.ts";
import type { Typed } from "../types/typed.ts";
import { analyzeAggregate, analyzeGrouping, isAggregate } from "./aggregates.ts";
import { callSite } from "./call-sites.ts";
import type { Context, Env, SqlFunction } from "./context.ts";
import { findFunction } from "./routines.ts";
import { callSqlFunction } from "./sql-functions.ts";
import { bindName, refuseTemporary } from "./stored-text.ts";
import { didYouMean } from "./suggest.ts";
import { analyzeWindow, isWindowFunction } from "./windows.ts";

export function analyzeCall(ctx: Context, env: Env, call: Call): Typed {
  const user = userFunction(ctx, call);
  if (user) return callSqlFunction(ctx, env, call, user);
  if (call.over) return analyzeWindow(ctx, env, call);
  if (isAggregate(call)) return analyzeAggregate(ctx, env, call);
  if (call.name === "GROUPING") return analyzeGrouping(ctx, env, call);
  if (isWindowFunction(call.name)) {
    throw ctx.fail(
      call.pos,
      `Analytic function ${call.name} cannot be called without an OVER clause`,
    );
  }
  return scalarCall(ctx, env, call);
}

/** Temporary functions go before all others, those of datasets behind BigQuery's own. */
function userFunction(ctx: Context, call: Call): SqlFunction | undefined {
  const written = call.safe ? call.written.slice("SAFE.".length) : call.written;
  const temporary = ctx.functions.get(written.toLowerCase());
  if (temporary) return refuseTemporary(ctx, "functions", temporary);
  if (call.name in functionTable || call.name in aggregateTable) return undefined;
  if (isBigQueryFunction(call.name) || isWindowFunction(call.name)) return undefined;
  const found = findFunction(ctx, written);
  if (found && !written.includes(".")) bindName(ctx, call.pos);
  return found;
}

function scalarCall(ctx: Context, env: Env, call: Call): Typed {
  const rule = functionTable[call.name];
  if (!rule) throw unknownFunction(ctx, call);
  refuseModifiers(ctx, call);
  if (typeof rule === "function") {
    if (call.safe) throw ctx.refuse(`SAFE.${call.name}`);
    return rule(callSite(ctx, env, call));
  }
  const args = call.args.map((arg) => ctx.expr(env, arg));
  const match = matchBest(call.name, rule, args, call.safe);
  if (match) return match;
  const signatures = rule.map(([text]) => parseSignature(text));
  throw ctx.fail(call.pos, noMatch(`function ${call.name}`, args, signatures));
}

function refuseModifiers(ctx: Context, call: Call): void {
  const modified =
    call.distinct || call.nulls || call.having || call.orderBy.length > 0 || call.limit;
  if (modified || call.star) {
    throw ctx.fail(
      call.pos,
      `Function ${call.name} does not support DISTINCT, IGNORE NULLS, HAVING, ORDER BY, LIMIT or *`,
    );
  }
}

function unknownFunction(ctx: Context, call: Call): Error {
  if (isBigQueryFunction(call.name)) return ctx.refuse(`function ${call.name}`);
  const hint = didYouMean(call.name, [
    ...knownNames(),
    ...Object.keys(functionTable),
    ...Object.keys(aggregateTable),
  ]);
  return ctx.fail(
    call.pos,
    `Function not found: ${call.written}${hint.replace(/mean (.*)\?/, (_, n: string) => `mean ${n.toLowerCase()}?`)}`,
  );
}
