import type { ObjectOptions } from "../../contract.ts";
import type { Expr } from "../parse/ast.ts";
import type { Context } from "./context.ts";
import { instantOf } from "./system-time.ts";

type Options = Map<string, Expr>;
type Reader = (ctx: Context, value: Expr, name: string) => Partial<ObjectOptions>;

const property = (
  key: string,
  read: (ctx: Context, value: Expr, name: string) => unknown,
): Reader => {
  return (ctx, value, name) => ({
    properties: { [key]: isNull(value) ? null : read(ctx, value, name) },
  });
};

const words: Record<string, Reader> = {
  description: property("description", text),
  friendly_name: property("friendlyName", text),
  labels: property("labels", labels),
};

const readers: Record<"table" | "view" | "schema", Record<string, Reader>> = {
  table: {
    ...words,
    expiration_timestamp: expiration,
    partition_expiration_days: (ctx, value, name) => ({
      partitionExpirationMs: isNull(value) ? null : days(ctx, value, name),
    }),
  },
  view: { ...words, expiration_timestamp: expiration },
  schema: {
    ...words,
    location: property("location", text),
    default_table_expiration_days: property("defaultTableExpirationMs", milliseconds),
    default_partition_expiration_days: property("defaultPartitionExpirationMs", milliseconds),
  },
};

/** OPTIONS(…) by REST's names. What the local warehouse would not act on is refused by name. */
export function objectOptions(
  ctx: Context,
  object: "table" | "view" | "schema",
  options: Options,
): ObjectOptions {
  const result: ObjectOptions = { properties: {} };
  for (const [name, value] of options) {
    const read = Object.hasOwn(readers[object], name) ? readers[object][name] : undefined;
    if (!read) throw ctx.refuse(`the ${object} option ${name}`);
    const { properties, ...rest } = read(ctx, value, name);
    Object.assign(result.properties, properties);
    Object.assign(result, rest);
  }
  return result;
}

/** OPTIONS of a column: its description. */
export function columnDescription(ctx: Context, options: Options): string | null | undefined {
  let description: string | null | undefined;
  for (const [name, value] of options) {
    if (name !== "description") throw ctx.refuse(`the column option ${name}`);
    description = isNull(value) ? null : text(ctx, value, name);
  }
  return description;
}

function isNull(value: Expr): boolean {
  return value.k === "literal" && value.type === "NULL";
}

function text(ctx: Context, value: Expr, name: string): string {
  if (value.k === "literal" && value.type === "STRING") return value.text;
  throw ctx.fail(value.pos, `Option ${name} must be a STRING literal`);
}

const dayMs = 86_400_000;

function days(ctx: Context, value: Expr, name: string): number {
  const isNumber = value.k === "literal" && (value.type === "INT64" || value.type === "FLOAT64");
  const count = isNumber ? Number(value.text) : 0;
  if (count > 0) return Math.round(count * dayMs);
  throw ctx.fail(value.pos, `Option ${name} must be a positive number`);
}

function milliseconds(ctx: Context, value: Expr, name: string): string {
  return String(days(ctx, value, name));
}

function expiration(ctx: Context, value: Expr, name: string): Partial<ObjectOptions> {
  if (isNull(value)) return { expiresAt: null };
  return { expiresAt: instantOf(ctx, value, `the option ${name} with`) };
}

/** [("key", "value"), …] */
function labels(ctx: Context, value: Expr, name: string): Record<string, string> {
  if (value.k !== "array") throw ctx.fail(value.pos, `Option ${name} must be an array of pairs`);
  const pairs = value.items.map((item): [string, string] => {
    const parts =
      item.k === "tuple" ? item.items : item.k === "struct" ? item.fields.map((f) => f.expr) : [];
    const [key, label] = parts;
    if (!key || !label || parts.length !== 2)
      throw ctx.fail(item.pos, `Option ${name} must be an array of pairs`);
    return [text(ctx, key, name), text(ctx, label, name)];
  });
  return Object.fromEntries(pairs);
}
