import type { Expr, FromItem, Join, Name, Query } from "../parse/ast.ts";
import { coerce, supertype } from "../types/coerce.ts";
import { carried } from "../types/exact-decimals.ts";
import type { Typed } from "../types/typed.ts";
import { fieldName, type GType, quoteName, scalar, typeName } from "../types/types.ts";
import type { Context, Env, Relation, Scope, ScopeColumn, Source } from "./context.ts";
import { findSource } from "./names.ts";
import { compare, condition } from "./operators.ts";
import { pivotQuery } from "./pivot.ts";
import { tableFunction } from "./table-functions.ts";
import { openTable } from "./tables.ts";
import { unpivotQuery } from "./unpivot.ts";

/** FROM in DuckDB's SQL; its tables become the scope's sources, from left to right. */
export function analyzeFrom(ctx: Context, item: FromItem, scope: Scope): string {
  ctx.tick();
  const open = (source: FromItem, into: Scope) => void analyzeFrom(ctx, source, into);
  switch (item.k) {
    case "table":
      return fromTable(ctx, item, scope);
    case "rows":
      return fromRows(ctx, item, scope);
    case "tableFunction": {
      const alias = item.alias ?? item.path.at(-1) ?? null;
      return addRelation(ctx, tableFunction(ctx, item), alias, scope);
    }
    case "unnest":
      return fromUnnest(ctx, item, scope);
    case "subquery":
      return fromQuery(ctx, item.query, item.alias, scope);
    case "pivot":
      return fromQuery(
        ctx,
        pivotQuery(ctx, item.source, item.pivot, scope, open),
        item.pivot.alias,
        scope,
      );
    case "unpivot":
      return fromQuery(
        ctx,
        unpivotQuery(ctx, item.source, item.unpivot, scope, open),
        item.unpivot.alias,
        scope,
      );
    default:
      return fromJoin(ctx, item, scope);
  }
}

function fromQuery(ctx: Context, query: Query, alias: Name | null, scope: Scope): string {
  return addRelation(ctx, ctx.analyzers.query(ctx, query, outside(scope)), alias, scope);
}

function fromRows(ctx: Context, item: FromItem, scope: Scope): string {
  const rows = ctx.rows.get(item);
  if (!rows) throw new Error("rows without pipes");
  scope.sources.push(...rows.sources);
  return rows.sql;
}

/** What a subquery in FROM sees: not its neighbours. */
function outside(scope: Scope): Scope {
  return { ...scope, sources: [], merged: [] };
}

export function addSource(ctx: Context, scope: Scope, source: Source, pos: number): void {
  if (source.alias !== null && findSource(ctx, scope, { text: source.alias, pos })) {
    throw ctx.fail(pos, `Duplicate table alias ${source.alias} in the same FROM clause`);
  }
  scope.sources.push(source);
}

function fromTable(ctx: Context, item: Extract<FromItem, { k: "table" }>, scope: Scope): string {
  const [first] = item.path as [Name];
  const cte = item.path.length === 1 ? scope.ctes.get(first.text.toLowerCase()) : undefined;
  if (cte) {
    cte.use();
    const columns = cte.columns.map((column, i) => ({
      ...column,
      use: cte.columnUses[i] ?? (() => undefined),
    }));
    const sql = quoteName(cte.sqlName);
    const narrow = { sql, digits: cte.columns.map((column) => column.digits) };
    const relation = { sql, columns, isValueTable: cte.isValueTable, narrow };
    return addRelation(ctx, relation, item.alias ?? first, scope, true);
  }
  if (item.path.length > 1 && isCorrelated(ctx, scope, item.path)) {
    const expr: Expr = { k: "path", names: item.path, pos: item.pos };
    return fromUnnest(
      ctx,
      {
        k: "unnest",
        expr,
        alias: item.alias ?? item.path.at(-1) ?? null,
        offset: null,
        pos: item.pos,
      },
      scope,
    );
  }
  const alias = ctx.id("t");
  const table = openTable(ctx, item, alias);
  const name = item.alias?.text ?? item.path.at(-1)?.text ?? null;
  addSource(ctx, scope, { ...table.source, alias: name }, item.pos);
  return `${table.sql} AS ${alias}`;
}

/** `FROM t, t.items`: the first name is a table of this or an enclosing FROM. */
function isCorrelated(ctx: Context, scope: Scope, path: Name[]): boolean {
  for (let s: Scope | null = scope; s; s = s.parent) {
    const from = s.grouping?.inner ?? s;
    if (path[0] && findSource(ctx, from, path[0])) return true;
  }
  return false;
}

/** A subquery or CTE as an item of FROM. */
export function addRelation(
  ctx: Context,
  relation: Relation,
  alias: Name | null,
  scope: Scope,
  named = false,
): string {
  const id = ctx.id("t");
  const column = (i: number) => `${id}.${quoteName(relation.columns[i]?.id ?? "")}`;
  const digits = relation.narrow?.digits ?? [];
  const value = (i: number, type: GType) => carried(column(i), type, digits[i]);
  const [first] = relation.columns;
  const source: Source =
    relation.isValueTable && first
      ? valueSource(value(0, first.type), alias?.text ?? null, first.use)
      : {
          alias: alias?.text ?? null,
          columns: relation.columns.map(({ name, type, use }, i) => ({
            ...value(i, type),
            name,
            use,
          })),
          pseudo: [],
          value: null,
        };
  addSource(ctx, scope, source, alias?.pos ?? 0);
  const sql = relation.narrow?.sql ?? relation.sql;
  return named ? `${sql} AS ${id}` : `(${sql}) AS ${id}`;
}

/** Rows that are values: a struct's fields are columns, anything else is one. */
function valueSource(value: Typed, alias: string | null, use: () => void): Source {
  const columns: ScopeColumn[] =
    value.type.kind === "STRUCT"
      ? value.type.fields.map((field, i) => ({
          name: field.name,
          sql: `struct_extract(${value.sql}, '${fieldName(field, i)}')`,
          type: field.type,
          use,
        }))
      : [{ ...value, name: alias, use }];
  return { alias, columns, pseudo: [], value };
}

function fromUnnest(ctx: Context, item: Extract<FromItem, { k: "unnest" }>, scope: Scope): string {
  const env: Env = { scope, clause: "UNNEST", aggregates: false, windows: null, aliases: null };
  const array = ctx.expr(env, item.expr);
  if (array.type.kind !== "ARRAY") {
    throw ctx.fail(
      item.expr.pos,
      `Values referenced in UNNEST must be arrays. UNNEST contains expression of type ${typeName(array.type)}`,
    );
  }
  const { element } = array.type;
  const id = ctx.id("u");
  const value: Typed = { sql: `${id}."v"`, type: element };
  const name = item.alias?.text ?? null;
  addSource(
    ctx,
    scope,
    valueSource(value, name, () => undefined),
    item.pos,
  );
  const offset = item.offset === true ? "offset" : (item.offset?.text ?? null);
  if (offset !== null) {
    const column = { name: offset, sql: `${id}."o"`, type: scalar("INT64"), use: () => undefined };
    addSource(ctx, scope, { alias: null, columns: [column], pseudo: [], value: null }, item.pos);
  }
  const at = 'CAST(generate_subscripts(_a."l", 1) - 1 AS BIGINT) AS "o"';
  return `LATERAL (SELECT unnest(_a."l") AS "v", ${at} FROM (SELECT ${array.sql} AS "l") AS _a) AS ${id}`;
}

/**
 * Pipes keep the order that an earlier one gave. A query over one UNNEST keeps the array's, which
 * DuckDB's decorrelation loses.
 */
export function naturalOrder(ctx: Context, from: FromItem | null, scope: Scope): string | null {
  if (from?.k === "rows") return ctx.rows.get(from)?.order ?? null;
  const isOutermost = (scope.parent?.parent?.parent ?? null) === null;
  if (from?.k !== "unnest" || isOutermost) return null;
  const value = scope.sources[0]?.value?.sql;
  return value ? value.replace(/"v"$/, '"o"') : null;
}

const joinWords: Record<Join["kind"], string> = {
  INNER: "JOIN",
  LEFT: "LEFT JOIN",
  RIGHT: "RIGHT JOIN",
  FULL: "FULL JOIN",
  CROSS: "CROSS JOIN",
  COMMA: "CROSS JOIN",
};

function fromJoin(ctx: Context, join: Join, scope: Scope): string {
  const left = analyzeFrom(ctx, join.left, scope);
  const before = scope.sources.length;
  let right = analyzeFrom(ctx, join.right, scope);
  if (join.right.k === "join") right = `(${right})`;
  const word = joinWords[join.kind];
  if (join.kind === "CROSS" || join.kind === "COMMA") return `${left} ${word} ${right}`;
  if (right.startsWith("LATERAL") && (join.kind === "RIGHT" || join.kind === "FULL")) {
    throw ctx.refuse(`${join.kind} JOIN with UNNEST`);
  }
  const on = joinCondition(ctx, join, scope, before);
  return `${left} ${word} ${right} ON ${on}`;
}

function joinCondition(ctx: Context, join: Join, scope: Scope, before: number): string {
  if (join.using) {
    return join.using.map((name) => mergeColumn(ctx, join, scope, before, name)).join(" AND ");
  }
  if (!join.on) {
    if (scope.sources.slice(before).every((source) => source.value || source.alias === null))
      return "true";
    throw ctx.fail(
      join.pos,
      `${join.kind} JOIN must have an immediately following ON or USING clause`,
    );
  }
  const env: Env = {
    scope,
    clause: "JOIN ON clause",
    aggregates: false,
    windows: null,
    aliases: null,
  };
  return condition(ctx, env, join.on, "JOIN ON clause").sql;
}

/** USING (name): one column for both, taken from the side that is there. */
function mergeColumn(ctx: Context, join: Join, scope: Scope, before: number, name: Name): string {
  const left = sideColumn(ctx, scope, scope.sources.slice(0, before), name, "left");
  const right = sideColumn(ctx, scope, scope.sources.slice(before), name, "right");
  if (!supertype([left, right])) {
    const types = [left, right].map((column) => typeName(column.type)).join(" and ");
    throw ctx.fail(
      name.pos,
      `Column '${name.text}' in USING has incompatible types that cannot be directly compared using equality on either side of the join: ${types}`,
    );
  }
  const equal = compare(ctx, "=", [left, right], name.pos);
  const type = supertype([left, right]) ?? left.type;
  const [a, b] = [coerce(left, type) ?? left, coerce(right, type) ?? right];
  const sql = {
    INNER: a.sql,
    LEFT: a.sql,
    RIGHT: b.sql,
    FULL: `coalesce(${a.sql}, ${b.sql})`,
    CROSS: a.sql,
    COMMA: a.sql,
  }[join.kind];
  const known = scope.merged.find((m) => m.name.toLowerCase() === name.text.toLowerCase());
  const use = () => {
    left.use();
    right.use();
  };
  use();
  const column = { name: name.text, sql, type, use };
  const hides = [left, right, ...(known?.hides ?? [])];
  const merged = { name: name.text, column, hides };
  if (known) scope.merged.splice(scope.merged.indexOf(known), 1, merged);
  else scope.merged.push(merged);
  return equal.sql;
}

function sideColumn(
  ctx: Context,
  scope: Scope,
  sources: Source[],
  name: Name,
  side: string,
): ScopeColumn {
  const lower = name.text.toLowerCase();
  const merged = scope.merged.find((m) => m.name.toLowerCase() === lower);
  const found = sources
    .flatMap((source) => source.columns)
    .filter((c) => c.name?.toLowerCase() === lower);
  if (merged && side === "left") return merged.column;
  if (found.length > 1) throw ctx.fail(name.pos, `Column name ${name.text} is ambiguous`);
  if (found[0]) return found[0];
  throw ctx.fail(name.pos, `Column ${name.text} in USING clause not found on ${side} side of join`);
}
