import { extractTemplate } from "../functions/date-parts.ts";
import type { Expr } from "../parse/ast.ts";
import { coerce } from "../types/coerce.ts";
import { fill, type Typed } from "../types/typed.ts";
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
  const local = kind === "TIMESTAMP" ? `timezone(${zone?.sql ?? "'UTC'"}, ${arg.sql})` : arg.sql;
  const localKind = kind === "TIMESTAMP" ? "DATETIME" : kind;
  if (part === "DATE" && localKind === "DATETIME") {
    return { sql: `CAST(${local} AS DATE)`, type: scalar("DATE") };
  }
  if (part === "TIME" && localKind === "DATETIME") {
    return { sql: `CAST(${local} AS TIME)`, type: scalar("TIME") };
  }
  if (part === "DATETIME" && kind === "TIMESTAMP") return { sql: local, type: scalar("DATETIME") };
  if (kind === "INTERVAL") throw ctx.refuse("EXTRACT from INTERVAL");
  const template = extractTemplate(part, localKind);
  if (template) return { sql: fill(template, [local]), type: scalar("INT64") };
  throw ctx.fail(
    node.part.pos,
    `EXTRACT from ${typeName(arg.type)} does not support the ${part} date part`,
  );
}

const intervalParts = new Set([
  "YEAR",
  "QUARTER",
  "MONTH",
  "WEEK",
  "DAY",
  "HOUR",
  "MINUTE",
  "SECOND",
  "MILLISECOND",
  "MICROSECOND",
]);

/** INTERVAL n part. As an argument of DATE_ADD it is read there. */
export function analyzeInterval(ctx: Context, env: Env, node: Node<"interval">): Typed {
  const part = node.part.text.toUpperCase();
  if (node.to || !intervalParts.has(part))
    throw ctx.refuse(`INTERVAL … ${part}${node.to ? " TO …" : ""}`);
  const value = coerce(ctx.expr(env, node.value), scalar("INT64"));
  if (!value) throw ctx.refuse("INTERVAL of a value that is no INT64");
  const unit = part === "QUARTER" ? "MONTH" : part;
  const count = part === "QUARTER" ? `(${value.sql} * 3)` : value.sql;
  const sql = `to_${unit.toLowerCase()}s(CAST(${count} AS ${countTypes[unit] ?? "INTEGER"}))`;
  return { sql, type: scalar("INTERVAL") };
}

/** What DuckDB's functions take. */
const countTypes: Record<string, string> = {
  HOUR: "BIGINT",
  MINUTE: "BIGINT",
  SECOND: "DOUBLE",
  MILLISECOND: "DOUBLE",
  MICROSECOND: "BIGINT",
};
