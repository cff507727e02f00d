import type { Name, Pipe } from "../parse/ast.ts";
import { typeName } from "../types/types.ts";
import type { Context, Env, Rows, ScopeColumn } from "./context.ts";
import { namesOf, seal, sourcesOf } from "./pipe-rows.ts";
import { didYouMean } from "./suggest.ts";

type Op<K extends Pipe["k"]> = Extract<Pipe, { k: K }>;

const same = (a: string | null, b: string) => a?.toLowerCase() === b.toLowerCase();

function find(ctx: Context, columns: ScopeColumn[], name: Name, operator: string): ScopeColumn {
  const found = columns.filter((column) => same(column.name, name.text));
  if (found.length > 1) throw ctx.fail(name.pos, `Column name ${name.text} is ambiguous`);
  if (found[0]) return found[0];
  const names = columns.map((column) => column.name);
  const hint = didYouMean(name.text, names);
  throw ctx.fail(
    name.pos,
    `Column ${name.text} in pipe ${operator} not found in input table${hint}`,
  );
}

function refuseDouble(ctx: Context, names: Name[], operator: string): void {
  for (const [i, name] of names.entries()) {
    if (names.slice(0, i).some((other) => same(other.text, name.text))) {
      throw ctx.fail(name.pos, `Column ${name.text} occurs twice in pipe ${operator}`);
    }
  }
}

export function setColumns(ctx: Context, rows: Rows, pipe: Op<"set">, env: Env): Rows {
  const names = namesOf(rows);
  refuseDouble(
    ctx,
    pipe.columns.map((column) => column.name),
    "SET",
  );
  const changed = new Map<ScopeColumn, ScopeColumn>();
  for (const { name, expr } of pipe.columns) {
    const column = find(ctx, names.columns, name, "SET");
    const { result, use } = ctx.collect(() => ctx.expr(env, expr));
    changed.set(column, { name: column.name, sql: result.sql, type: result.type, use });
  }
  const columns = names.columns.map((column) => changed.get(column) ?? column);
  return seal(ctx, rows, { ...names, columns });
}

export function dropColumns(ctx: Context, rows: Rows, pipe: Op<"drop">): Rows {
  const names = namesOf(rows);
  refuseDouble(ctx, pipe.columns, "DROP");
  for (const name of pipe.columns) {
    if (!names.columns.some((column) => same(column.name, name.text))) {
      find(ctx, names.columns, name, "DROP");
    }
  }
  const columns = names.columns.filter(
    (column) => !pipe.columns.some((name) => same(column.name, name.text)),
  );
  if (columns.length === 0)
    throw ctx.fail(pipe.pos, "Pipe DROP dropped all columns from the input table");
  return { ...rows, sources: sourcesOf({ ...names, columns }) };
}

export function renameColumns(ctx: Context, rows: Rows, pipe: Op<"rename">): Rows {
  const names = namesOf(rows);
  refuseDouble(
    ctx,
    pipe.columns.map((column) => column.from),
    "RENAME",
  );
  const renamed = new Map<ScopeColumn, ScopeColumn>();
  for (const { from, to } of pipe.columns) {
    const column = find(ctx, names.columns, from, "RENAME");
    renamed.set(column, { ...column, name: to.text });
  }
  const columns = names.columns.map((column) => renamed.get(column) ?? column);
  return { ...rows, sources: sourcesOf({ ...names, columns }) };
}

export function aliased(rows: Rows, pipe: Op<"as">): Rows {
  const { columns, pseudo } = namesOf(rows);
  const range = { alias: pipe.alias.text, columns: [], qualified: columns, pseudo, value: null };
  return { ...rows, sources: sourcesOf({ columns, pseudo, ranges: [range] }) };
}

/** Rows that differ in their visible columns; what else an alias reached is gone. */
export function distinctRows(ctx: Context, rows: Rows, pipe: Op<"distinct">): Rows {
  const names = namesOf(rows);
  for (const { type, use } of names.columns) {
    ctx.use({ use });
    if (["ARRAY", "STRUCT", "JSON"].includes(type.kind)) {
      throw ctx.fail(pipe.pos, `Column of type ${typeName(type)} cannot be used in pipe DISTINCT`);
    }
  }
  const visible = new Set(names.columns.map((column) => column.sql));
  const gone = (column: ScopeColumn): ScopeColumn => ({
    ...column,
    sql: "NULL",
    use: () => {
      throw ctx.refuse(
        `${column.name ?? "a column"}, which is not visible, after the pipe DISTINCT`,
      );
    },
  });
  const ranges = names.ranges.map((range) => {
    if (range.value) throw ctx.refuse("the pipe operator DISTINCT over values");
    const columns = (range.qualified ?? []).map((c) => (visible.has(c.sql) ? c : gone(c)));
    return { ...range, pseudo: [], qualified: columns };
  });
  const kept = { columns: names.columns, pseudo: [], ranges };
  const sealed = seal(ctx, { ...rows, order: null }, kept);
  return { ...sealed, sql: sealed.sql.replace(/^\(SELECT /, "(SELECT DISTINCT ") };
}
