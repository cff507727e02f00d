import { duckType, quoteName } from "../types/types.ts";
import {
  type Context,
  newScope,
  type Relation,
  type Rows,
  type Scope,
  type ScopeColumn,
  type Source,
} from "./context.ts";

/** The names of rows: the visible columns first, then the aliases. */
export interface Names {
  columns: ScopeColumn[];
  pseudo: ScopeColumn[];
  ranges: Source[];
}

export function namesOf(rows: Rows): Names {
  const [visible, ...ranges] = rows.sources;
  return { columns: visible?.columns ?? [], pseudo: visible?.pseudo ?? [], ranges };
}

export function sourcesOf({ columns, pseudo, ranges }: Names): Source[] {
  return [{ alias: null, columns, pseudo, value: null }, ...ranges];
}

/** What FROM made: `sql` with the scope's sources. */
export function rowsOfScope(sql: string, scope: Scope): Rows {
  const hidden = new Set(scope.merged.flatMap((merged) => merged.hides));
  const seen = scope.sources.flatMap((source) => source.columns).filter((c) => !hidden.has(c));
  const columns = [...scope.merged.map((merged) => merged.column), ...seen];
  const pseudo = scope.sources.flatMap((source) => (source.qualified ? [] : source.pseudo));
  const ranges = scope.sources
    .filter((source) => source.alias !== null || source.value)
    .map((source) => ({ ...source, columns: [], qualified: source.qualified ?? source.columns }));
  return { sql, sources: sourcesOf({ columns, pseudo, ranges }), order: null };
}

export function rowsOfRelation(ctx: Context, relation: Relation): Rows {
  if (relation.isValueTable) throw ctx.refuse("pipes over SELECT AS STRUCT or AS VALUE");
  const id = ctx.id("p");
  const columns = relation.columns.map(({ name, id: column, type, use }) => ({
    name,
    sql: `${id}.${quoteName(column)}`,
    type,
    use,
  }));
  const sql = `(${relation.sql}) AS ${id}`;
  return { sql, sources: sourcesOf({ columns, pseudo: [], ranges: [] }), order: null };
}

export function scopeOf(rows: Rows, parent: Scope): Scope {
  const scope = newScope(parent);
  scope.sources.push(...rows.sources);
  return scope;
}

const isColumn = /^_p\d+\."[a-z]\d+"$/;

/**
 * Makes a subquery of the rows, with `tail` (WHERE, ORDER BY and LIMIT) in it; `names` are those of
 * the answer, over the rows' SQL. The order goes along as a column.
 */
export function seal(ctx: Context, rows: Rows, names: Names | null, tail = ""): Rows {
  const { columns, pseudo, ranges } = names ?? namesOf(rows);
  const id = ctx.id("p");
  const items = new Map<string, { name: string; item: string }>();
  // What is known of its digits is written in SQL of the rows within.
  const move = ({ exact: _, ...column }: ScopeColumn): ScopeColumn => ({
    ...column,
    sql: take(column),
  });
  const take = ({ sql, type }: Pick<ScopeColumn, "sql" | "type">): string => {
    const known = items.get(sql);
    const name = known?.name ?? `${id}."k${items.size + 1}"`;
    // DuckDB folds an expression over a constant NULL into a NULL of no type.
    const item = sql.includes("CAST(NULL AS ") ? `CAST(${sql} AS ${duckType(type)})` : sql;
    if (!known) items.set(sql, { name, item });
    return name;
  };
  const sources = sourcesOf({
    columns: columns.map(move),
    pseudo: pseudo.map(move),
    ranges: ranges.map((range) => ({
      ...range,
      pseudo: range.pseudo.map(move),
      qualified: (range.qualified ?? []).map(move),
      value: range.value && { sql: take(range.value), type: range.value.type },
    })),
  });
  const order = rows.order === null ? null : orderColumn(rows.order, take);
  const list = [...items.values()].map(({ name, item }) => `${item} AS ${name.split(".")[1]}`);
  const selected = list.length === 0 ? "1 AS none" : list.join(", ");
  return { sql: `(SELECT ${selected} FROM ${rows.sql}${tail}) AS ${id}`, sources, order };
}

function orderColumn(
  order: string,
  take: (column: Pick<ScopeColumn, "sql" | "type">) => string,
): string {
  const sql = isColumn.test(order) ? order : `row_number() OVER (ORDER BY ${order})`;
  return take({ sql, type: { kind: "INT64" } });
}
