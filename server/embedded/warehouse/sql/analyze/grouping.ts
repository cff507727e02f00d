import type { Expr, GroupItem, Select } from "../parse/ast.ts";
import { carried, physical } from "../types/exact-decimals.ts";
import type { Typed } from "../types/typed.ts";
import { duckType, quoteName, typeName } from "../types/types.ts";
import { hasAggregate } from "./aggregates.ts";
import { type Context, type Env, type Grouping, newScope, type Scope } from "./context.ts";
import type { OutputItem } from "./select-items.ts";

const clauses = new WeakMap<Grouping, string>();

/** The scope above GROUP BY, in which names are keys and aggregates are columns. */
export function makeGrouping(ctx: Context, node: Select, inner: Scope, items: OutputItem[]): Scope {
  const grouping: Grouping = {
    inner,
    keys: [],
    aggregates: new Map(),
    alias: ctx.id("g"),
    isGrouping: (sql) => grouping.keys.some((key) => key.sql === sql),
  };
  const groupBy = node.groupBy === "all" ? allKeys(items) : (node.groupBy ?? []);
  const terms = groupBy.map((item) => groupTerm(ctx, grouping, item, items));
  clauses.set(grouping, terms.length === 0 ? "" : ` GROUP BY ${terms.join(", ")}`);
  const scope = newScope(inner.parent);
  scope.grouping = grouping;
  return scope;
}

function allKeys(items: OutputItem[]): GroupItem[] {
  return items.flatMap((item): GroupItem[] => {
    if (item.expr && hasAggregate(item.expr)) return [];
    const expr: Expr | null = item.expr;
    return expr ? [{ k: "expr", expr }] : [];
  });
}

function groupTerm(ctx: Context, grouping: Grouping, item: GroupItem, items: OutputItem[]): string {
  const key = (expr: Expr) => addKey(ctx, grouping, expr, items);
  switch (item.k) {
    case "expr":
      return key(item.expr);
    case "set":
      return `(${item.exprs.map(key).join(", ")})`;
    case "groupingSets":
      return `GROUPING SETS (${item.sets.map((set) => groupTerm(ctx, grouping, set, items)).join(", ")})`;
    default: {
      const sets = item.sets.map((set) =>
        set.length === 1 ? key(set[0] as Expr) : `(${set.map(key).join(", ")})`,
      );
      return `${item.k.toUpperCase()} (${sets.join(", ")})`;
    }
  }
}

function addKey(ctx: Context, grouping: Grouping, expr: Expr, items: OutputItem[]): string {
  const env: Env = {
    scope: grouping.inner,
    clause: "GROUP BY",
    aggregates: false,
    windows: null,
    aliases: null,
  };
  const item = selectedItem(ctx, env, expr, items);
  if (item?.expr && hasAggregate(item.expr)) {
    throw ctx.fail(
      expr.pos,
      `Column ${expr.k === "literal" && expr.type === "INT64" ? expr.text : item.name} contains an aggregation function, which is not allowed in GROUP BY`,
    );
  }
  const value: Typed = item ? item.compute(env) : ctx.expr(env, expr);
  if (["ARRAY", "STRUCT", "JSON"].includes(value.type.kind)) {
    throw ctx.refuse(`GROUP BY of type ${typeName(value.type)}`);
  }
  const kind = item?.expr?.k ?? expr.k;
  const known = grouping.keys.find((key) => key.sql === value.sql);
  if (!known) {
    const id = `g${grouping.keys.length + 1}`;
    const name = `${grouping.alias}.${quoteName(id)}`;
    const out = carried(name, value.type, value.exact);
    grouping.keys.push({ sql: value.sql, inner: physical(value), kind, out });
  }
  return groupSql(value);
}

/** A bare number or string after GROUP BY would be a position or a mistake to DuckDB. */
function groupSql(value: Typed): string {
  return value.constant ? `CAST(${value.sql} AS ${duckType(value.type)})` : physical(value);
}

/** An ordinal, or an alias of the select list. */
function selectedItem(ctx: Context, _env: Env, expr: Expr, items: OutputItem[]): OutputItem | null {
  if (expr.k === "literal" && expr.type === "INT64") {
    const item = items[Number(expr.text) - 1];
    if (!item) {
      throw ctx.fail(expr.pos, `GROUP BY is out of SELECT column number range: ${expr.text}`);
    }
    return item;
  }
  if (expr.k === "literal") throw ctx.fail(expr.pos, "Cannot GROUP BY literal values");
  const [only] = expr.k === "path" && expr.names.length === 1 ? expr.names : [];
  if (!only) return null;
  const matches = items.filter((item) => item.name?.toLowerCase() === only.text.toLowerCase());
  return matches.length === 1 ? (matches[0] ?? null) : null;
}

/** FROM (SELECT keys, aggregates FROM … GROUP BY …) WHERE having. */
export function groupedSql(
  upper: Scope,
  from: string,
  where: string,
  having: string | null,
): string {
  const { grouping } = upper;
  if (!grouping) throw new Error("not grouped");
  const columns = [
    ...grouping.keys.map((key, i) => `${key.inner} AS ${quoteName(`g${i + 1}`)}`),
    ...[...grouping.aggregates.values()].map(
      ({ inner }, i) => `${inner} AS ${quoteName(`a${i + 1}`)}`,
    ),
  ];
  const clause = clauses.get(grouping) ?? "";
  // Without keys and aggregates there still is one row per group: one in all.
  const list = columns.length === 0 ? "count(*) AS none" : columns.join(", ");
  const inner = `SELECT ${list}${from === "" ? "" : ` FROM ${from}`}${where}${clause}`;
  return ` FROM (${inner}) AS ${grouping.alias}${having ? ` WHERE ${having}` : ""}`;
}
