import { keptMs, WarehouseError, type WarehouseTable } from "../../contract.ts";
import type { Call, Expr } from "../parse/ast.ts";
import type { Context } from "./context.ts";
import { tableKey } from "./table-columns.ts";

const unitMs: Record<string, number> = {
  MILLISECOND: 1,
  SECOND: 1000,
  MINUTE: 60_000,
  HOUR: 3_600_000,
  DAY: 86_400_000,
};

/**
 * The table as it was at the instant of FOR SYSTEM_TIME AS OF. What is not kept of former states is
 * refused; BigQuery's own limits come first.
 *
 * @returns `instant` null where that is what the table is now
 */
export function tableAsOf(
  ctx: Context,
  table: WarehouseTable,
  asOf: Expr,
): { table: WarehouseTable; instant: number | null } {
  if (table.viewQuery !== null) throw ctx.refuse("FOR SYSTEM_TIME AS OF with a view");
  const at = instantOf(ctx, asOf, "FOR SYSTEM_TIME AS OF");
  const now = ctx.options.now.getTime();
  const key = tableKey(table.name);
  if (at > now) {
    throw new WarehouseError(
      "invalidQuery",
      `Invalid snapshot time ${at} for table ${key}. Cannot read in the future.`,
    );
  }
  ctx.readsAsOf.push({ table: table.name, instant: at });
  const isLatest = table.modifiedAt !== undefined && at >= table.modifiedAt;
  if (isLatest && !table.isUnsettled) return { table, instant: null };
  const former = at >= now - keptMs ? ctx.options.catalog.getAsOf?.(table.name, at) : undefined;
  if (former) return { table: former, instant: at };
  if (at < now - keptMs || at < (table.createdAt ?? 0)) {
    throw new WarehouseError(
      "invalidQuery",
      `Invalid snapshot time ${at} for table ${key}. Cannot read before ${Math.max(now - keptMs, table.createdAt ?? 0)}.`,
    );
  }
  throw ctx.refuse(`FOR SYSTEM_TIME AS OF an instant of which ${key} keeps no rows`);
}

/** Milliseconds since 1970 of CURRENT_TIMESTAMP(), a literal, or one of them moved by an interval. */
export function instantOf(ctx: Context, expr: Expr, what: string): number {
  if (expr.k === "typed" && expr.type === "TIMESTAMP") {
    const zoned = /(?:Z|UTC|[+-]\d\d(?::?\d\d)?)$/.test(expr.text);
    const text = expr.text.replace(" UTC", "Z").replace(" ", "T");
    const at = Date.parse(`${text.replace(/([+-]\d\d)$/, "$1:00")}${zoned ? "" : "Z"}`);
    if (!Number.isNaN(at)) return at;
  }
  const at = expr.k === "call" ? callInstant(ctx, expr, what) : null;
  if (at !== null) return at;
  throw ctx.refuse(`${what} this expression`);
}

function callInstant(ctx: Context, call: Call, what: string): number | null {
  if (call.name === "CURRENT_TIMESTAMP") return ctx.options.now.getTime();
  const sign = { TIMESTAMP_SUB: -1, TIMESTAMP_ADD: 1 }[call.name];
  const [base, step] = call.args;
  if (!sign || !base || step?.k !== "interval") return null;
  const moved = intervalMs(step);
  return moved === null ? null : instantOf(ctx, base, what) + sign * moved;
}

function intervalMs({ value, part }: Extract<Expr, { k: "interval" }>): number | null {
  const unit = unitMs[part.text.toUpperCase()];
  if (unit === undefined || value.k !== "literal" || value.type !== "INT64") return null;
  return Number(value.text) * unit;
}
