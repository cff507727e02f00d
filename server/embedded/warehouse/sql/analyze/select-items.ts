import type { Expr, Select, SelectItem } from "../parse/ast.ts";
import type { Typed } from "../types/typed.ts";
import { fieldName } from "../types/types.ts";
import { hasAggregate } from "./aggregates.ts";
import { impliedName } from "./constructors.ts";
import { type Context, type Env, newScope, type Scope, type ScopeColumn } from "./context.ts";
import { fieldOf, findSource, take } from "./names.ts";
import { windowMap } from "./window-map.ts";

/** One column of the select list, computed once it is known whether the query groups. */
export interface OutputItem {
  name: string | null;
  /** Written by the user, and so an alias that other clauses may name. */
  expr: Expr | null;
  /** A column that a star stands for. */
  column: ScopeColumn | null;
  compute: (env: Env) => Typed;
}

export function expandItems(ctx: Context, node: Select, scope: Scope): OutputItem[] {
  return node.items.flatMap((item) =>
    item.k === "expr" ? [exprItem(ctx, item)] : expandStar(ctx, item, node, scope),
  );
}

function exprItem(ctx: Context, item: Extract<SelectItem, { k: "expr" }>): OutputItem {
  return {
    name: item.alias?.text ?? impliedName(item.expr),
    expr: item.expr,
    column: null,
    compute: (env) => ctx.expr(env, item.expr),
  };
}

type Star = Extract<SelectItem, { k: "star" }>;

function expandStar(ctx: Context, item: Star, node: Select, scope: Scope): OutputItem[] {
  const items = item.base
    ? dotStar(ctx, item, item.base, node, scope)
    : bareStar(ctx, item, node, scope);
  return modify(ctx, items, item);
}

function columnItem(ctx: Context, column: ScopeColumn, pos: number): OutputItem {
  return {
    name: column.name,
    expr: null,
    column,
    compute: (env) => throughKeys(ctx, env, column, pos),
  };
}

/** Above GROUP BY a star's column has to be a key. */
function throughKeys(ctx: Context, env: Env, column: ScopeColumn, pos: number): Typed {
  const { grouping } = env.scope;
  if (!grouping) return take(ctx, column);
  const key = grouping.keys.find((each) => each.sql === column.sql);
  if (key) return key.out;
  throw ctx.fail(
    pos,
    `Star expansion expression references column ${column.name} which is neither grouped nor aggregated`,
  );
}

function bareStar(ctx: Context, item: Star, node: Select, scope: Scope): OutputItem[] {
  if (!node.from) throw ctx.fail(item.pos, "SELECT * must have a FROM clause");
  const hidden = new Set(scope.merged.flatMap((merged) => merged.hides));
  const columns = scope.sources.flatMap((source) => source.columns).filter((c) => !hidden.has(c));
  const all = [...scope.merged.map((merged) => merged.column), ...columns];
  return all.map((column) => columnItem(ctx, column, item.pos));
}

function dotStar(ctx: Context, item: Star, base: Expr, node: Select, scope: Scope): OutputItem[] {
  const [only] = base.k === "path" && base.names.length === 1 ? base.names : [];
  const source = only && findSource(ctx, scope, only);
  if (source)
    return (source.qualified ?? source.columns).map((column) => columnItem(ctx, column, item.pos));
  const probe = ctx.collect(() => ctx.expr(typeEnv(base, node, scope), base)).result;
  if (probe.type.kind !== "STRUCT") {
    throw ctx.fail(item.pos, `Dot-star is not supported for type ${probe.type.kind}`);
  }
  return probe.type.fields.map((field, i) => ({
    name: field.name,
    expr: null,
    column: null,
    compute: (at: Env) => {
      const value = ctx.expr(at, base);
      const name = { text: fieldName(field, i), pos: item.pos };
      if (field.name !== null) return fieldOf(ctx, value, name);
      return { sql: `struct_extract(${value.sql}, '${name.text}')`, type: field.type };
    },
  }));
}

/** Tells the type before it is known what the query groups by. */
function typeEnv(base: Expr, node: Select, scope: Scope): Env {
  const aggregates = hasAggregate(base);
  const grouping = {
    inner: scope,
    keys: [],
    aggregates: new Map(),
    alias: "_type",
    isGrouping: () => true,
  };
  return {
    scope: aggregates ? { ...newScope(scope.parent, scope.ctes), grouping } : scope,
    clause: "SELECT list",
    aggregates,
    windows: windowMap(node),
    aliases: null,
  };
}

function modify(ctx: Context, items: OutputItem[], { modifiers, pos }: Star): OutputItem[] {
  const names = items.map((item) => item.name);
  const check = (name: { text: string; pos: number }, clause: string) => {
    if (names.some((known) => known?.toLowerCase() === name.text.toLowerCase())) return;
    throw ctx.fail(name.pos, `Column ${name.text} in SELECT * ${clause} list does not exist`);
  };
  for (const name of modifiers.except) check(name, "EXCEPT");
  for (const { name } of modifiers.replace) check(name, "REPLACE");
  const left = new Set(modifiers.except.map((name) => name.text.toLowerCase()));
  const kept = items.filter((item) => !left.has(item.name?.toLowerCase() ?? ""));
  if (kept.length === 0)
    throw ctx.fail(pos, "SELECT * expands to zero columns after applying EXCEPT");
  return kept.map((item) => {
    const found = modifiers.replace.find(
      ({ name }) => name.text.toLowerCase() === item.name?.toLowerCase(),
    );
    if (!found) return item;
    return {
      name: item.name,
      expr: null,
      column: null,
      compute: (env) => ctx.expr(env, found.expr),
    };
  });
}
