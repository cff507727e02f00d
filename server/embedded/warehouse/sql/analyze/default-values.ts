import type { Expr } from "../parse/ast.ts";
import type { ColumnDefault } from "../parse/statement-ast.ts";
import { parseSingleExpression } from "../parse/statements.ts";
import { coerce } from "../types/coerce.ts";
import { type Typed, typedNull } from "../types/typed.ts";
import { type GType, typeName } from "../types/types.ts";
import { type Context, newScope } from "./context.ts";
import { plainEnv } from "./plain-env.ts";

/** What BigQuery lets a default call (docs, "Specify default column values"). */
const functions = new Set([
  "CURRENT_DATE",
  "CURRENT_DATETIME",
  "CURRENT_TIME",
  "CURRENT_TIMESTAMP",
  "GENERATE_UUID",
  "RAND",
  "SESSION_USER",
]);

/** The text of a DEFAULT that fits the column, to be stored with it and read anew for each statement. */
export function defaultText(
  ctx: Context,
  column: { name: string; type: GType },
  { expr, text }: ColumnDefault,
): string {
  refuseOthers(ctx, expr);
  const value = ctx.expr(plainEnv(newScope(ctx.root), "DEFAULT"), expr);
  if (coerce(value, column.type)) return text;
  throw ctx.fail(
    expr.pos,
    `Default value of type ${typeName(value.type)} cannot be assigned to column ${column.name}, which has type ${typeName(column.type)}`,
  );
}

function refuseOthers(ctx: Context, expr: Expr): void {
  switch (expr.k) {
    case "literal":
    case "typed":
      return;
    case "array":
      for (const item of expr.items) refuseOthers(ctx, item);
      return;
    case "tuple":
      for (const item of expr.items) refuseOthers(ctx, item);
      return;
    case "struct":
      for (const field of expr.fields) refuseOthers(ctx, field.expr);
      return;
    case "op":
      if (!expr.op.startsWith("unary") || expr.args[0]?.k !== "literal") break;
      return;
    case "call":
      if (!functions.has(expr.name) || expr.args.length > 0 || expr.over) break;
      return;
    default:
  }
  throw ctx.refuse("DEFAULT of anything but literals, CURRENT_… functions, GENERATE_UUID and RAND");
}

/** What a row has in a column that nobody names, and where DEFAULT is written. */
export function defaultValue(
  ctx: Context,
  { type, defaultText }: { type: GType; defaultText?: string },
): Typed {
  if (defaultText === undefined) return typedNull(type);
  return ctx.expr(plainEnv(newScope(ctx.root), "DEFAULT"), parseSingleExpression(defaultText));
}
