import type { Expr, OrderItem, Select, SelectItem } from "../parse/ast.ts";
import { physical } from "../types/exact-decimals.ts";
import type { Typed } from "../types/typed.ts";
import { duckType, quoteName, typeName } from "../types/types.ts";
import { hasAggregate, hasWindow } from "./aggregates.ts";
import { makeStruct } from "./constructors.ts";
import {
  type Alias,
  type Context,
  type Env,
  newScope,
  type Relation,
  type RelationColumn,
  type Scope,
} from "./context.ts";
import { analyzeFrom, naturalOrder } from "./from.ts";
import { groupedSql, makeGrouping } from "./grouping.ts";
import { condition } from "./operators.ts";
import { orderSql } from "./ordering.ts";
import { outputSql } from "./output.ts";
import { expandItems, type OutputItem } from "./select-items.ts";
import { windowMap } from "./window-map.ts";
import { type Labels, ordinalOf, wrap } from "./wrap.ts";

export interface SelectTail {
  orderBy: OrderItem[];
  limit: string;
  labels: Labels;
}

interface Output {
  name: string | null;
  value: Typed;
  use: () => void;
}

/** SELECT in DuckDB's SQL. With GROUP BY it is two: the inner groups, the outer does the rest. */
export function analyzeSelect(
  ctx: Context,
  node: Select,
  parent: Scope,
  tail: SelectTail,
): Relation {
  if (node.distinct && tail.orderBy.length > 0) {
    const inner = analyzeSelect(ctx, node, parent, { orderBy: [], limit: "", labels: undefined });
    return wrap(ctx, inner, parent, tail);
  }
  if (!node.from) refuseClauses(ctx, node);
  const scope = newScope(parent);
  const from = node.from ? analyzeFrom(ctx, node.from, scope) : "";
  const where = whereSql(ctx, node, scope);
  const items = expandItems(ctx, node, scope);
  const isGrouped = needsGrouping(ctx, node, tail);
  const upper = isGrouped ? makeGrouping(ctx, node, scope, items) : scope;
  const env: Env = {
    scope: upper,
    clause: "SELECT list",
    aggregates: isGrouped,
    windows: windowMap(node),
    aliases: null,
  };
  const outputs = items.map((item) => output(ctx, env, item));
  if (!node.from) refuseFunctions(ctx, node, isGrouped);
  const shaped = shape(ctx, node, outputs, tail.labels !== undefined);
  if (node.distinct) checkDistinct(ctx, node, outputs);
  const later = laterClauses(ctx, { ...env, aliases: aliasMap(outputs) }, node, tail, outputs);
  const body = isGrouped ? groupedSql(upper, from, where, later.having) : plainBody(from, where);
  const { list, narrow, columns } = selectList(shaped, tail.labels);
  const order =
    later.order ?? (isGrouped || node.distinct ? null : naturalOrder(ctx, node.from, scope));
  const select = (items: string) =>
    [
      `SELECT ${node.distinct ? "DISTINCT " : ""}${items}${body}`,
      later.qualify === null ? "" : ` QUALIFY ${later.qualify}`,
      order === null ? "" : ` ORDER BY ${order}`,
      tail.limit,
    ].join("");
  return {
    sql: select(list),
    columns,
    isValueTable: node.as !== null && tail.labels === undefined,
    ...(narrow && { narrow: { ...narrow, sql: select(narrow.sql) } }),
  };
}

interface LaterClauses {
  having: string | null;
  qualify: string | null;
  order: string | null;
}

/** The clauses that see the select list's aliases. */
function laterClauses(
  ctx: Context,
  env: Env,
  node: Select,
  tail: SelectTail,
  outputs: Output[],
): LaterClauses {
  const at = (expr: Expr | null, clause: string, windows: Env["windows"]) =>
    expr && condition(ctx, { ...env, windows, clause }, expr, clause).sql;
  const keys = orderKeys(ctx, { ...env, clause: "ORDER BY clause" }, tail.orderBy, outputs);
  return {
    having: at(node.having, "HAVING clause", null),
    qualify: at(node.qualify, "QUALIFY clause", env.windows),
    order: keys.length > 0 ? keys.join(", ") : null,
  };
}

function refuseClauses(ctx: Context, node: Select): void {
  const [clause] = node.clauses ?? [];
  if (clause) {
    throw ctx.fail(clause.pos, `Query without FROM clause cannot have a ${clause.name} clause`);
  }
  if (node.distinct)
    throw ctx.fail(node.pos, "Query without FROM clause cannot use SELECT DISTINCT");
}

/** What a query without FROM cannot do is said after what is wrong in its expressions. */
function refuseFunctions(ctx: Context, node: Select, isGrouped: boolean): void {
  if (isGrouped) throw ctx.fail(node.pos, "SELECT without FROM clause cannot use aggregation");
  if (node.items.some((item) => hasWindow(written(item))))
    throw ctx.fail(node.pos, "SELECT without FROM clause cannot use analytic functions");
}

function plainBody(from: string, where: string): string {
  return `${from === "" ? "" : ` FROM ${from}`}${where}`;
}

function whereSql(ctx: Context, node: Select, scope: Scope): string {
  if (!node.where) return "";
  const env: Env = {
    scope,
    clause: "WHERE clause",
    aggregates: false,
    windows: null,
    aliases: null,
  };
  return ` WHERE ${condition(ctx, env, node.where, "WHERE clause").sql}`;
}

/** The expression of an item; null for a star without one. */
const written = (item: SelectItem) => (item.k === "expr" ? item.expr : item.base);

/** Without GROUP BY a query groups where its select list aggregates; other clauses may then too. */
function needsGrouping(ctx: Context, node: Select, tail: SelectTail): boolean {
  const aggregates = node.items.some((item) => hasAggregate(written(item)));
  if (node.groupBy || aggregates) return true;
  const orphan = tail.orderBy.find((item) => hasAggregate(item.expr));
  if (node.having && !hasAggregate(node.having)) {
    throw ctx.fail(
      node.having.pos,
      "The HAVING clause requires GROUP BY or aggregation to be present",
    );
  }
  const [clause, expr] = node.having ? ["HAVING", node.having] : ["ORDER BY", orphan];
  if (expr) {
    throw ctx.fail(
      expr.pos,
      `The ${clause} clause only allows aggregation if GROUP BY or SELECT list aggregation is present`,
    );
  }
  return false;
}

function output(ctx: Context, env: Env, item: OutputItem): Output {
  const { result, use } = ctx.collect(() => item.compute(env));
  return { name: item.name, value: result, use };
}

function aliasMap(outputs: Output[]): Map<string, Alias> {
  const map = new Map<string, Alias>();
  for (const { name, value, use } of outputs) {
    if (name !== null && !map.has(name.toLowerCase())) map.set(name.toLowerCase(), { value, use });
  }
  return map;
}

/** SELECT AS STRUCT packs the columns into one; at the top of a query they come apart again. */
function shape(ctx: Context, node: Select, outputs: Output[], isTop: boolean): Output[] {
  if (node.as === null) return outputs;
  const use = () => {
    for (const each of outputs) each.use();
  };
  if (node.as === "VALUE") {
    const [only] = outputs;
    if (!only || outputs.length > 1)
      throw ctx.fail(node.asPos ?? node.pos, "SELECT AS VALUE query must have exactly one column");
    return isTop && only.value.type.kind === "STRUCT"
      ? [refuseTopValue(ctx)]
      : [{ ...only, name: null }];
  }
  if (isTop) return outputs;
  const type = {
    kind: "STRUCT" as const,
    fields: outputs.map(({ name, value }) => ({ name, type: value.type })),
  };
  return [
    {
      name: null,
      value: makeStruct(
        ctx,
        outputs.map((each) => each.value),
        type,
      ),
      use,
    },
  ];
}

function refuseTopValue(ctx: Context): never {
  throw ctx.refuse("SELECT AS VALUE of a STRUCT as the outermost query");
}

function checkDistinct(ctx: Context, node: Select, outputs: Output[]): void {
  for (const each of outputs) ctx.use(each);
  for (const { value } of outputs) {
    if (["ARRAY", "STRUCT"].includes(value.type.kind)) {
      throw ctx.refuse(`SELECT DISTINCT of ${typeName(value.type)}`);
    }
    if (value.type.kind === "JSON") {
      throw ctx.fail(
        node.pos,
        `Column of type ${typeName(value.type)} cannot be used in SELECT DISTINCT`,
      );
    }
  }
}

function orderKeys(ctx: Context, env: Env, items: OrderItem[], outputs: Output[]): string[] {
  const values = outputs.map((each) => each.value);
  return items.map((item) => {
    const ordinal = ordinalOf(ctx, item, values);
    const key = ordinal ?? ctx.expr(env, item.expr);
    const at = values.indexOf(key);
    if (at >= 0) outputs[at]?.use();
    // What differs at each evaluation is taken from the select list.
    const volatile = at >= 0 && /random\(\)|uuid\(\)/.test(key.sql);
    const sql = volatile ? `${at + 1}` : physical(key);
    return orderSql(ctx, { ...key, sql }, item, volatile);
  });
}

function selectList(
  outputs: Output[],
  labels: Labels,
): { list: string; narrow: Relation["narrow"] | null; columns: RelationColumn[] } {
  const columns = outputs.map(({ name, value, use }, i): RelationColumn => {
    const column = { name, id: `c${i + 1}`, type: value.type, use };
    return value.constant ? { ...column, constant: value.constant } : column;
  });
  const names = labels?.(columns);
  const list = outputs.map(({ value }, i) => {
    const id = names?.[i] ?? `c${i + 1}`;
    const sql = names ? outputSql(value, id) : value.sql;
    // DuckDB folds an expression over a constant NULL into a NULL of no type.
    const typed = sql.includes("CAST(NULL AS ") ? `CAST(${sql} AS ${duckType(value.type)})` : sql;
    return `${typed} AS ${quoteName(id)}`;
  });
  if (names) for (const [i, column] of columns.entries()) column.id = names[i] ?? column.id;
  return { list: list.join(", "), narrow: labels ? null : narrowList(outputs, list), columns };
}

/** The list with small decimals in their own form; null where there are none. */
function narrowList(outputs: Output[], list: string[]): Relation["narrow"] | null {
  const digits = outputs.map(({ value: { type, exact } }) =>
    type.kind === "NUMERIC" ? exact : undefined,
  );
  if (digits.every((each) => each === undefined)) return null;
  const items = outputs.map(({ value }, i) =>
    digits[i] ? `${physical(value)} AS ${quoteName(`c${i + 1}`)}` : list[i],
  );
  return { sql: items.join(", "), digits };
}
