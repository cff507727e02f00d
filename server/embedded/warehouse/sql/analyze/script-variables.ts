import type { Expr, Name } from "../parse/ast.ts";
import type { Statement } from "../parse/statement-ast.ts";
import { coerce } from "../types/coerce.ts";
import { type Typed, typedNull } from "../types/typed.ts";
import { type GType, typeName } from "../types/types.ts";
import type { Context, Env } from "./context.ts";
import { resolveType } from "./type-nodes.ts";

/*
 * A script's variables stand for their values' expressions. Those read no table and toss no dice, so
 * that it is the same to compute them in each statement anew.
 */

export function declareVariables(ctx: Context, node: Extract<Statement, { k: "declare" }>): void {
  const value = node.value && computed(ctx, node.value);
  const type = node.type ? resolveType(ctx, node.type) : value?.type;
  if (!type) throw ctx.fail(node.pos, "A variable needs a type or a DEFAULT");
  for (const name of node.names) {
    const key = name.text.toLowerCase();
    if (ctx.root.variables.has(key)) throw ctx.fail(name.pos, `Variable '${name.text}' redeclared`);
    ctx.root.variables.set(key, value ? converted(ctx, name, value, type) : held(typedNull(type)));
  }
}

export function setVariable(ctx: Context, node: Extract<Statement, { k: "set" }>): void {
  const key = node.name.text.toLowerCase();
  const known = ctx.root.variables.get(key);
  if (!known) throw ctx.fail(node.name.pos, `Undeclared variable: ${node.name.text}`);
  ctx.root.variables.set(key, converted(ctx, node.name, computed(ctx, node.value), known.type));
}

function computed(ctx: Context, expr: Expr): Typed {
  const env: Env = {
    scope: ctx.root,
    clause: "a variable's value",
    aggregates: false,
    windows: null,
    aliases: null,
  };
  const value = ctx.expr(env, expr);
  if (value.sql.includes("SELECT ")) throw ctx.refuse("variables whose value is a query");
  if (/random\(\)|uuid\(\)/.test(value.sql)) throw ctx.refuse("variables with a random value");
  return value;
}

function converted(ctx: Context, name: Name, value: Typed, type: GType): Typed {
  const coerced = coerce(value, type);
  if (coerced) return held(coerced);
  throw ctx.fail(
    name.pos,
    `Cannot coerce expression of type ${typeName(value.type)} to type ${typeName(type)}`,
  );
}

/** A variable is no literal: it coerces as a column does. */
function held({ sql, type }: Typed): Typed {
  return { sql, type };
}
