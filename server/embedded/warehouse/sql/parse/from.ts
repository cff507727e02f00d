import type { Expr, FromItem, Join, Name, PivotClause, UnpivotClause } from "./ast.ts";
import type { Cursor } from "./cursor.ts";
import { startsQuery } from "./expressions.ts";
import { errorAt, notSupported, syntaxError } from "./positions.ts";

/** FROM: comma and joins, left to right. */
export function parseFrom(c: Cursor): FromItem {
  let left = parseJoins(c);
  while (c.isSymbol(",")) {
    const { start: pos } = c.next();
    // A comma binds weaker than JOIN only by position: both are left-associative.
    left = { k: "join", kind: "COMMA", left, right: parsePrimary(c), on: null, using: null, pos };
    left = parseJoins(c, left);
  }
  return left;
}

function parseJoins(c: Cursor, start?: FromItem): FromItem {
  let left = start ?? parsePrimary(c);
  const pending: Join[] = [];
  while (true) {
    const { pos } = c;
    const kind = joinKind(c);
    if (!kind) break;
    const right = parsePrimary(c);
    const join: Join = { k: "join", kind, left, right, on: null, using: null, pos };
    left = join;
    pending.push(join);
    readCondition(c, join);
  }
  for (const join of pending) {
    const conditional = join.kind !== "CROSS" && join.on === null && join.using === null;
    const onUnnest = join.right.k === "unnest" || join.right.k === "table";
    if (conditional && !onUnnest && join.kind !== "INNER")
      throw errorAt(
        c.sql,
        join.pos,
        `${join.kind} JOIN must have an immediately following ON or USING clause`,
      );
  }
  return left;
}

export function readCondition(c: Cursor, join: Pick<Join, "on" | "using">): void {
  if (c.acceptWord("ON")) join.on = c.parseExpr(c);
  else if (c.acceptWord("USING")) join.using = c.parens(() => c.list(() => c.identifier()));
}

export function joinKind(c: Cursor): Join["kind"] | null {
  if (c.isWord("NATURAL")) throw c.unexpected();
  if (c.acceptWord("CROSS", "JOIN")) return "CROSS";
  if (c.acceptWord("JOIN") || c.acceptWord("INNER", "JOIN")) return "INNER";
  for (const kind of ["LEFT", "RIGHT", "FULL"] as const) {
    if (c.acceptWord(kind, "JOIN") || c.acceptWord(kind, "OUTER", "JOIN")) return kind;
  }
  return null;
}

export function parsePrimary(c: Cursor): FromItem {
  return c.nested(() => {
    let item = parseSource(c);
    while (true) {
      const { pos } = c;
      if (c.isWord("PIVOT") && c.isSymbol("(", 1)) {
        item = { k: "pivot", source: item, pivot: parsePivot(c), pos };
      } else if (c.isWord("UNPIVOT") && (c.isSymbol("(", 1) || c.isWord("NULLS", 2))) {
        item = { k: "unpivot", source: item, unpivot: parseUnpivot(c), pos };
      } else break;
    }
    if (c.isWord("TABLESAMPLE")) throw notSupported("TABLESAMPLE");
    return item;
  });
}

function parseSource(c: Cursor): FromItem {
  const { pos } = c;
  if (c.acceptWord("UNNEST")) {
    const expr = c.parens(() => c.parseExpr(c));
    return { k: "unnest", expr, ...unnestAliases(c), pos };
  }
  if (c.isSymbol("(")) {
    if (startsQuery(c, 1)) return parseSubquery(c);
    return c.parens(() => parseFrom(c));
  }
  const path = parseTablePath(c);
  if (c.isSymbol("(")) {
    const args = c.parens(() => (c.isSymbol(")") ? [] : c.list(() => parseTableArgument(c))));
    return { k: "tableFunction", path, args, alias: aliasUnlessClause(c), pos };
  }
  const alias = aliasUnlessClause(c);
  const asOf = parseAsOf(c);
  if (c.isWord("WITH") && c.isWord("OFFSET", 1)) {
    c.at += 2;
    const offset = c.alias() ?? true;
    return { k: "unnest", expr: { k: "path", names: path, pos }, alias, offset, pos };
  }
  return { k: "table", path, alias, asOf, pos };
}

export function parseAsOf(c: Cursor): Expr | null {
  if (!c.isWord("FOR") || !(c.isWord("SYSTEM_TIME", 1) || c.isWord("SYSTEM", 1))) return null;
  c.next();
  if (!c.acceptWord("SYSTEM_TIME")) c.expectWord("SYSTEM", "TIME");
  c.expectWord("AS", "OF");
  return c.parseExpr(c);
}

function parseTableArgument(c: Cursor): Expr {
  if (c.isWord("TABLE") || c.isWord("MODEL") || c.isWord("DESCRIPTOR")) {
    throw notSupported(`table functions with a ${c.peek().text.toUpperCase()} argument`);
  }
  return c.parseExpr(c);
}

function parseSubquery(c: Cursor): FromItem {
  const { pos, at } = c;
  const query = c.parens(() => c.parseQuery(c));
  // `((SELECT …) JOIN t ON …)`: the parenthesis held a join and not a query.
  if (at === c.at) throw c.unexpected();
  return { k: "subquery", query, alias: aliasUnlessClause(c), pos };
}

function aliasUnlessClause(c: Cursor): Name | null {
  const clause =
    (c.isWord("PIVOT") && c.isSymbol("(", 1)) ||
    (c.isWord("UNPIVOT") && (c.isSymbol("(", 1) || c.isWord("NULLS", 2)));
  return clause ? null : c.alias();
}

function unnestAliases(c: Cursor): { alias: Name | null; offset: Name | true | null } {
  const alias = c.alias();
  if (!c.acceptWord("WITH", "OFFSET")) return { alias, offset: null };
  return { alias, offset: c.alias() ?? true };
}

/** `t`, `d.t`, `p.d.t`, `my-project.d.t`; a name in backticks may hold dots. */
export function parseTablePath(c: Cursor): Name[] {
  const first = c.isIdentifier() ? c.next() : null;
  if (!first) throw c.unexpected();
  let text = first.text;
  let { end } = first;
  while (first.kind === "id" && c.isSymbol("-") && c.pos === end) {
    const dash = c.next();
    const part = c.peek();
    if (part.start !== dash.end || (part.kind !== "id" && part.kind !== "int"))
      throw c.unexpected();
    c.next();
    text += `-${part.text}`;
    end = part.end;
    // `p-1a`: a number and the word that touches it are one part.
    if (c.peek().kind === "id" && c.pos === end) {
      const rest = c.next();
      text += rest.text;
      end = rest.end;
    }
  }
  const names: Name[] = [{ text, pos: first.start }];
  while (c.acceptSymbol(".")) names.push(c.memberName());
  return names.flatMap((name) =>
    name.text.includes(".")
      ? name.text.split(".").map((part) => ({ text: part, pos: name.pos }))
      : [name],
  );
}

export function parsePivot(c: Cursor): PivotClause {
  const { start: pos } = c.next();
  const clause = c.parens(() => {
    const aggregates = c.list(() => ({ call: c.parseExpr(c), alias: c.alias() }));
    c.expectWord("FOR");
    // `FOR x IN (…)`: the comparison parser would take IN with it.
    const input = { k: "path" as const, names: [c.identifier()], pos: c.pos };
    while (c.acceptSymbol(".")) input.names.push(c.memberName());
    c.expectWord("IN");
    if (c.isSymbol("(") && c.isWord("SELECT", 1))
      throw syntaxError(c.sql, c.pos, "Unexpected keyword SELECT");
    const values = c.parens(() => c.list(() => ({ expr: c.parseExpr(c), alias: c.alias() })));
    return { aggregates, input, values };
  });
  return { ...clause, alias: c.alias(), pos };
}

export function parseUnpivot(c: Cursor): UnpivotClause {
  const { start: pos } = c.next();
  const includeNulls = c.acceptWord("INCLUDE", "NULLS");
  if (!includeNulls) c.acceptWord("EXCLUDE", "NULLS");
  const clause = c.parens(() => {
    const values = nameList(c);
    c.expectWord("FOR");
    const name = c.identifier();
    c.expectWord("IN");
    const columns = c.parens(() =>
      c.list(() => ({ names: nameList(c), label: c.acceptWord("AS") ? c.parseExpr(c) : null })),
    );
    return { values, name, columns };
  });
  return { includeNulls, ...clause, alias: c.alias(), pos };
}

function nameList(c: Cursor): Name[] {
  return c.isSymbol("(") ? c.parens(() => c.list(() => c.identifier())) : [c.identifier()];
}
