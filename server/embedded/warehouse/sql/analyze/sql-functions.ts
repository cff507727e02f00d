import type { Call, Expr } from "../parse/ast.ts";
import { coerce } from "../types/coerce.ts";
import { isSimple, type Typed } from "../types/typed.ts";
import { typeName } from "../types/types.ts";
import { type Context, type Env, newScope, type SqlFunction } from "./context.ts";
import { callJavascript } from "./javascript-functions.ts";
import { resolveType } from "./type-nodes.ts";

const maxDepth = 16;

/** A temporary SQL function stands for its body, with the arguments in the place of the parameters. */
export function callSqlFunction(ctx: Context, env: Env, call: Call, fn: SqlFunction): Typed {
  if (call.over) throw ctx.fail(call.pos, `Function ${call.written} does not support OVER clause`);
  if (call.safe) throw ctx.refuse("SAFE. with a user-defined function");
  if (call.args.length !== fn.parameters.length) {
    throw ctx.fail(call.pos, `Number of arguments does not match for function ${call.written}`);
  }
  if (++ctx.functionDepth > maxDepth) throw ctx.refuse("functions that call functions so deeply");
  try {
    const args = call.args.map((arg, i) => argument(ctx, env, call, fn, arg, i));
    if (fn.code !== null) return callJavascript(ctx, fn, args);
    return heldIn(ctx, fn, args);
  } finally {
    ctx.functionDepth--;
  }
}

function argument(
  ctx: Context,
  env: Env,
  call: Call,
  fn: SqlFunction,
  node: Expr,
  index: number,
): Typed {
  const arg = ctx.expr(env, node);
  const declared = fn.parameters[index]?.type;
  const value = declared ? coerce(arg, resolveType(ctx, declared)) : arg;
  if (value) return { sql: value.sql, type: value.type };
  throw ctx.fail(
    call.pos,
    `No matching signature for function ${call.written} for argument types: ${typeName(arg.type)}`,
  );
}

/**
 * Arguments that are more than a name are computed once, in a lambda's parameter. DuckDB has no
 * subqueries in lambdas: a body with one repeats its arguments instead.
 */
function heldIn(ctx: Context, fn: SqlFunction, args: Typed[]): Typed {
  const name = ctx.id("a");
  const held: string[] = [];
  const inner = args.map((arg, i) => {
    if (isSimple(arg.sql)) return arg;
    held.push(`p${i} := ${arg.sql}`);
    return { sql: `${name}.p${i}`, type: arg.type };
  });
  if (held.length === 0) return body(ctx, fn, args);
  const result = body(ctx, fn, inner);
  if (result.sql.includes("SELECT ")) return body(ctx, fn, args);
  const sql = `list_transform([struct_pack(${held.join(", ")})], lambda ${name}: ${result.sql})[1]`;
  return { sql, type: result.type };
}

function body(ctx: Context, fn: SqlFunction, args: Typed[]): Typed {
  const scope = newScope(null, new Map());
  for (const [i, parameter] of fn.parameters.entries()) {
    scope.variables.set(parameter.name.toLowerCase(), args[i] as Typed);
  }
  const env: Env = {
    scope,
    clause: "a SQL function",
    aggregates: false,
    windows: null,
    aliases: null,
  };
  const declared = fn.returns && resolveType(ctx, fn.returns);
  const value = bodyValue(ctx, env, fn);
  const result = declared ? coerce(value, declared) : value;
  if (result) return result;
  throw ctx.fail(
    fn.pos,
    `Function declared to return ${declared ? typeName(declared) : ""} but the function body produces incompatible type ${typeName(value.type)}`,
  );
}

/** Positions in the body are those of the text that it was written in. */
function bodyValue(ctx: Context, env: Env, fn: SqlFunction): Typed {
  const value = () => ctx.expr(env, fn.body as NonNullable<typeof fn.body>);
  if (fn.isStored) return ctx.stored(fn.source, value);
  const outer = ctx.source;
  ctx.source = fn.source;
  try {
    return value();
  } finally {
    ctx.source = outer;
  }
}
