import { clockIn, extractTemplate } from "../functions/date-parts.ts";
import { intervalExtracts } from "../functions/interval-steps.ts";
import type { Expr } from "../parse/ast.ts";
import { coerce } from "../types/coerce.ts";
import { fill, isNullLiteral, type Typed } from "../types/typed.ts";
import { scalar, typeName } from "../types/types.ts";
import type { Context, Env } from "./context.ts";

type Node<K extends Expr["k"]> = Extract<Expr, { k: K }>;

/** EXTRACT(part FROM value [AT TIME ZONE zone]) */
export function analyzeExtract(ctx: Context, env: Env, node: Node<"extract">): Typed {
  const arg = ctx.expr(env, node.arg);
  const part = node.partArg
    ? `${node.part.text}(${node.partArg.text})`.toUpperCase()
    : node.part.text.toUpperCase();
  const { kind } = arg.type;
  if (node.zone && kind !== "TIMESTAMP") {
    throw ctx.fail(node.pos, "EXTRACT with AT TIME ZONE needs a TIMESTAMP");
  }
  const zone = node.zone && coerce(ctx.expr(env, node.zone), scalar("STRING"));
  const local =
    kind === "TIMESTAMP" ? fill(clockIn(zone?.sql ?? "'UTC'", "$1"), [arg.sql]) : arg.sql;
  const localKind = kind === "TIMESTAMP" ? "DATETIME" : kind;
  if (part === "DATE" && localKind === "DATETIME") {
    return { sql: `CAST(${local} AS DATE)`, type: scalar("DATE") };
  }
  if (part === "TIME" && localKind === "DATETIME") {
    return { sql: `CAST(${local} AS TIME)`, type: scalar("TIME") };
  }
  if (part === "DATETIME" && kind === "TIMESTAMP") return { sql: local, type: scalar("DATETIME") };
  const template = kind === "INTERVAL" ? intervalExtracts[part] : extractTemplate(part, localKind);
  if (template) return { sql: fill(template, [local]), type: scalar("INT64") };
  throw noSuchPart(ctx, node.pos, arg, part);
}

function noSuchPart(ctx: Context, pos: number, arg: Typed, part: string): Error {
  if (isNullLiteral(arg)) return ctx.refuse("EXTRACT from NULL");
  const type = typeName(arg.type);
  return ctx.fail(pos, `EXTRACT from ${type} does not support the ${part} date part`);
}
