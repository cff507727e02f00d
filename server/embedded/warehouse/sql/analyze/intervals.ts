import type { Expr } from "../parse/ast.ts";
import { rangeShape, readRange, readSingle } from "../runtime/interval-texts.ts";
import { type Interval, isIntervalPart, sumOf } from "../runtime/intervals.ts";
import { coerce } from "../types/coerce.ts";
import { intervalSql, type Typed } from "../types/typed.ts";
import { scalar } from "../types/types.ts";
import type { Context, Env } from "./context.ts";

type IntervalNode = Extract<Expr, { k: "interval" }>;

/** INTERVAL n part, INTERVAL '1-2 …' part TO part. As an argument of DATE_ADD it is read there. */
export function analyzeInterval(ctx: Context, env: Env, node: IntervalNode): Typed {
  const part = node.part.text.toUpperCase();
  if (node.to) return constant(ctx, node, () => readParts(ctx, node, part));
  if (part === "MILLISECOND" || part === "MICROSECOND") throw ctx.refuse(`INTERVAL of ${part}`);
  if (!isIntervalPart(part)) {
    throw ctx.fail(node.part.pos, `Invalid interval datetime field ${part}`);
  }
  if (node.value.k === "literal" && node.value.type === "STRING") {
    const { text } = node.value;
    return constant(ctx, node, () => readSingle(text, part));
  }
  const value = coerce(ctx.expr(env, node.value), scalar("INT64"));
  if (!value) {
    throw ctx.fail(
      node.value.pos,
      "Invalid interval literal. Expected INTERVAL keyword to be followed by an INT64 expression or STRING literal",
    );
  }
  const amount = value.constant?.value;
  if (typeof amount === "bigint") return constant(ctx, node, () => sumOf([[part, amount]]));
  return { sql: `maestro_interval_of(${value.sql}, '${part}')`, type: scalar("INTERVAL") };
}

function readParts(ctx: Context, node: IntervalNode, from: string): Interval {
  const to = node.to?.text.toUpperCase() ?? "";
  const { value } = node;
  if (value.k !== "literal" || value.type !== "STRING") {
    throw ctx.fail(
      node.pos,
      "The INTERVAL keyword followed by an integer expression can only specify a single datetime field, not a field range",
    );
  }
  const shape = rangeShape(from, to);
  if (!shape) throw ctx.fail(node.pos, `Invalid interval datetime fields: ${from} TO ${to}`);
  return readRange(value.text, shape);
}

/** What is wrong with a constant is wrong with the query. */
function constant(ctx: Context, node: IntervalNode, read: () => Interval): Typed {
  try {
    return { sql: intervalSql(read()), type: scalar("INTERVAL") };
  } catch (error) {
    if (error instanceof Error && error.constructor === Error) {
      throw ctx.fail(node.pos, error.message);
    }
    throw error;
  }
}
