import { WarehouseError, type WarehouseTable } from "../../contract.ts";
import type { Context } from "../analyze/context.ts";
import { tableAsOf } from "../analyze/system-time.ts";
import { findTable, lookUp, qualify } from "../analyze/tables.ts";
import type { Expr, FromItem, Name, Query } from "../parse/ast.ts";
import { queryOf, starOf } from "../parse/made-queries.ts";
import { notSupported } from "../parse/positions.ts";

/** TABLE_DATE_RANGE(prefix, from, to): days as YYYY-MM-DD, both included. */
export interface DateRange {
  prefix: string;
  from: string;
  to: string;
}

/** A comma between tables unites them: each FROM becomes a UNION ALL of what it names. */
export function unionTables(ctx: Context, query: Query, ranges: Map<string, DateRange>): Query {
  const { body } = query;
  if (body.k !== "select") throw notSupported("set operations in legacy SQL");
  return { ...query, body: { ...body, from: body.from && united(ctx, body.from, ranges) } };
}

function united(ctx: Context, from: FromItem, ranges: Map<string, DateRange>): FromItem {
  const items = flatten(from).flatMap((item) => expand(ctx, item, ranges));
  const [only] = items;
  if (!only) throw notSupported("an empty FROM in legacy SQL");
  if (items.length === 1) return only;
  const tables = items.map((item) => {
    if (item.k === "table") return { item, table: flatTable(ctx, item) };
    throw notSupported("a comma between anything but tables in legacy SQL");
  });
  const [first] = tables;
  for (const { item, table } of tables) {
    if (first && shape(table) !== shape(first.table)) {
      throw notSupported("a comma between tables of different columns in legacy SQL");
    }
    if (item.alias) throw notSupported("an alias of one of the tables that a comma unites");
  }
  const { pos } = from;
  const operands = tables.map(({ item }) => starOf(item));
  const body = { k: "setop" as const, op: "UNION" as const, all: true, operands, pos };
  return { k: "subquery", query: queryOf(body), alias: null, pos };
}

function flatten(from: FromItem): FromItem[] {
  if (from.k !== "join" || from.kind !== "COMMA") return [from];
  return [...flatten(from.left), ...flatten(from.right)];
}

function expand(ctx: Context, item: FromItem, ranges: Map<string, DateRange>): FromItem[] {
  if (item.k === "join") {
    if (item.left.k === "join" && item.left.kind === "COMMA") {
      throw notSupported("a comma before a JOIN in legacy SQL");
    }
    const [left, right] = [item.left, item.right].map((side) => united(ctx, side, ranges));
    return left && right ? [{ ...item, left, right }] : [];
  }
  if (item.k === "subquery") return [{ ...item, query: unionTables(ctx, item.query, ranges) }];
  if (item.k !== "table") throw notSupported(`${item.k.toUpperCase()} in legacy SQL`);
  const range = ranges.get(item.path[0]?.text ?? "");
  if (!range) {
    const table = decorated(ctx, item);
    flatTable(ctx, table);
    return [table];
  }
  const found = tablesOf(ctx, range, item.pos);
  if (found.length > 0) return found.map((path) => ({ ...item, path }));
  throw new WarehouseError("invalidQuery", "FROM clause with table wildcards matches no table");
}

const dayMs = 86_400_000;
const mostDays = 1000;

function tablesOf(ctx: Context, { prefix, from, to }: DateRange, pos: number): Name[][] {
  const [first, last] = [Date.parse(from), Date.parse(to)];
  const count = Math.floor((last - first) / dayMs) + 1;
  if (Number.isNaN(count) || count > mostDays) throw notSupported("a TABLE_DATE_RANGE so long");
  const days = Array.from({ length: Math.max(count, 0) }, (_, i) =>
    new Date(first + i * dayMs).toISOString().slice(0, 10).replaceAll("-", ""),
  );
  const paths = days.map((day) => `${prefix}${day}`.split(".").map((text) => ({ text, pos })));
  return paths.filter((path) => lookUp(ctx, qualify(ctx, path)) !== undefined);
}

type TableItem = Extract<FromItem, { k: "table" }>;

/** `t@-3600000`: an hour ago; `t@1700000000000`: milliseconds since 1970. As FOR SYSTEM_TIME AS OF. */
function decorated(ctx: Context, item: TableItem): TableItem {
  const last = item.path.at(-1);
  const [text = "", time] = last?.text.split("@") ?? [];
  if (!last || time === undefined) return item;
  const given = Number(time);
  const at = new Date(given < 0 ? ctx.options.now.getTime() + given : given);
  if (Number.isNaN(at.getTime())) throw notSupported(`the table decorator @${time} of legacy SQL`);
  const asOf: Expr = { k: "typed", type: "TIMESTAMP", text: at.toISOString(), pos: item.pos };
  return { ...item, path: [...item.path.slice(0, -1), { ...last, text }], asOf };
}

const flatTypes = new Set(["INTEGER", "FLOAT", "BOOLEAN", "STRING", "TIMESTAMP"]);

/** Legacy SQL flattens what repeats, and knows few types: only plain tables mean the same to both. */
function flatTable(ctx: Context, { path, asOf }: TableItem): WarehouseTable {
  const name = qualify(ctx, path);
  const current = findTable(ctx, { ...name, tableId: name.tableId.split("$")[0] ?? "" });
  const table = asOf ? tableAsOf(ctx, current, asOf).table : current;
  if (table.viewQuery !== null) throw notSupported("views in legacy SQL");
  for (const field of table.schema) {
    if (field.mode === "REPEATED" || !flatTypes.has(field.type)) {
      throw notSupported(
        `legacy SQL over the column ${field.name} of type ${field.mode === "REPEATED" ? "REPEATED " : ""}${field.type}`,
      );
    }
  }
  return table;
}

function shape(table: WarehouseTable): string {
  return JSON.stringify(table.schema.map((field) => [field.name.toLowerCase(), field.type]));
}
