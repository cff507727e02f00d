import type { Name } from "../parse/ast.ts";
import { quoteString, type Typed } from "../types/typed.ts";
import { fieldName, typeName } from "../types/types.ts";
import type { Context, Scope, ScopeColumn, Source } from "./context.ts";
import { didYouMean } from "./suggest.ts";

const same = (a: string | null, b: string) => a?.toLowerCase() === b.toLowerCase();

/** A dotted name: a column, a table's column, a value and the fields under it. */
export function resolvePath(
  ctx: Context,
  scope: Scope,
  names: Name[],
  clause = "SELECT list",
): Typed {
  for (let s: Scope | null = scope; s; s = s.parent) {
    const found = inScope(ctx, s, names, clause);
    if (found) return found;
  }
  throw unrecognized(ctx, scope, names);
}

function inScope(ctx: Context, scope: Scope, names: Name[], clause: string): Typed | null {
  const [first] = names as [Name];
  const variable = scope.variables.get(first.text.toLowerCase());
  if (variable) return fields(ctx, variable, names.slice(1));
  if (scope.grouping) return throughGrouping(ctx, scope, names, clause);
  // A table's alias goes before a column of the same name, as in BigQuery.
  const source = findSource(ctx, scope, first);
  if (source) return throughSource(ctx, source, names);
  const column = findColumn(ctx, scope, first);
  return column && fields(ctx, take(ctx, column), names.slice(1));
}

/** Above GROUP BY a name is a key, or a field under a key. */
function throughGrouping(ctx: Context, scope: Scope, names: Name[], clause: string): Typed | null {
  const { grouping } = scope;
  if (!grouping) return null;
  const attempt = ctx.collect(() => inScope(ctx, grouping.inner, names, clause)).result;
  if (!attempt) return null;
  for (let length = names.length; length > 0; length--) {
    const prefix = ctx.collect(() => tryPath(ctx, grouping.inner, names.slice(0, length))).result;
    const key = prefix && grouping.keys.find((k) => k.sql === prefix.sql);
    if (key) return fields(ctx, key.out, names.slice(length));
  }
  const what = names.length === 1 ? "column " : "";
  const written = names.map((n) => n.text).join(".");
  throw ctx.fail(
    names[0]?.pos ?? 0,
    `${clause} expression references ${what}${written} which is neither grouped nor aggregated`,
  );
}

function tryPath(ctx: Context, scope: Scope, names: Name[]): Typed | null {
  try {
    return inScope(ctx, scope, names, "");
  } catch {
    return null;
  }
}

export function take(ctx: Context, column: ScopeColumn): Typed {
  ctx.use(column);
  const { sql, type, exact } = column;
  return exact ? { sql, type, exact } : { sql, type };
}

function findColumn(ctx: Context, scope: Scope, name: Name): ScopeColumn | null {
  const merged = scope.merged.find((m) => same(m.name, name.text));
  const found = scope.sources.flatMap((source) =>
    [...source.columns, ...source.pseudo].filter((column) => same(column.name, name.text)),
  );
  const visible = merged ? found.filter((c) => !merged.hides.includes(c)) : found;
  if (merged && visible.length === 0) return merged.column;
  if (visible.length + (merged ? 1 : 0) > 1) {
    throw ctx.fail(name.pos, `Column name ${name.text} is ambiguous`);
  }
  return visible[0] ?? null;
}

export function findSource(_ctx: Context, scope: Scope, name: Name): Source | null {
  return scope.sources.find((source) => same(source.alias, name.text)) ?? null;
}

function throughSource(ctx: Context, source: Source, names: Name[]): Typed {
  const [first, second] = names;
  if (source.value) {
    for (const column of source.qualified ?? source.columns) ctx.use(column);
    return fields(ctx, source.value, names.slice(1));
  }
  if (!second) return wholeRow(ctx, source);
  const columns = source.qualified ?? source.columns;
  const matches = [...columns, ...source.pseudo].filter((c) => same(c.name, second.text));
  const inside = first?.text ?? "";
  if (matches.length > 1)
    throw ctx.fail(second.pos, `Name ${second.text} is ambiguous inside ${inside}`);
  const [column] = matches;
  if (!column) {
    throw ctx.fail(second.pos, `Name ${second.text} not found inside ${inside}`);
  }
  return fields(ctx, take(ctx, column), names.slice(2));
}

/** A table's alias as a value: a STRUCT of its columns. */
export function wholeRow(ctx: Context, source: Source): Typed {
  const all = source.qualified ?? source.columns;
  const columns = all.map((column) => take(ctx, column));
  const type = {
    kind: "STRUCT" as const,
    fields: all.map((column) => ({ name: column.name, type: column.type })),
  };
  const names = type.fields.map((f, i) => fieldName(f, i).toLowerCase());
  if (new Set(names).size < names.length) throw ctx.refuse("STRUCT with two fields of one name");
  const packed = columns.map(
    (c, i) => `"${fieldName(type.fields[i] ?? { name: null, type: c.type }, i)}" := ${c.sql}`,
  );
  return { sql: `struct_pack(${packed.join(", ")})`, type };
}

function fields(ctx: Context, base: Typed, names: Name[]): Typed {
  return names.reduce((value, name) => fieldOf(ctx, value, name), base);
}

/** `value.name` */
export function fieldOf(ctx: Context, base: Typed, name: Name): Typed {
  if (base.type.kind === "JSON") {
    return jsonMember(base, name.text);
  }
  if (base.type.kind !== "STRUCT") {
    throw ctx.fail(
      name.pos,
      `Cannot access field ${name.text} on a value with type ${typeName(base.type)}`,
    );
  }
  const all = base.type.fields;
  const index = all.findIndex((field) => same(field.name, name.text));
  const field = all[index];
  if (!field) {
    const hint = didYouMean(
      name.text,
      all.map((f) => f.name),
    );
    throw ctx.fail(
      name.pos,
      `Field name ${name.text} does not exist in ${typeName(base.type)}${hint}`,
    );
  }
  if (all.some((other, i) => i > index && same(other.name, name.text))) {
    throw ctx.fail(name.pos, `Field name ${name.text} is ambiguous`);
  }
  const part = base.parts?.[index];
  if (part) return { sql: part.sql, type: part.type, ...(part.exact ? { exact: part.exact } : {}) };
  const key = quoteString(fieldName(field, index));
  return { sql: `struct_extract(${base.sql}, ${key})`, type: field.type };
}

/** A member of a JSON object, or an element of a JSON array. */
export function jsonMember(base: Typed, step: string | number): Typed {
  const steps = quoteString(JSON.stringify([step]));
  const sql = `CAST(maestro_json_member(CAST(${base.sql} AS VARCHAR), ${steps}) AS JSON)`;
  return { sql, type: base.type };
}

function unrecognized(ctx: Context, scope: Scope, names: Name[]): Error {
  const [first] = names as [Name];
  const known: (string | null)[] = [];
  for (let s: Scope | null = scope; s; s = s.parent) {
    const from = s.grouping?.inner ?? s;
    for (const source of from.sources) {
      known.push(source.alias, ...source.columns.map((column) => column.name));
    }
  }
  return ctx.fail(first.pos, `Unrecognized name: ${first.text}${didYouMean(first.text, known)}`);
}
