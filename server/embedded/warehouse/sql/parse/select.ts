import type { Expr, GroupItem, Name, Select, SelectItem, StarModifiers } from "./ast.ts";
import { parseWindow } from "./calls.ts";
import type { Cursor } from "./cursor.ts";
import { startsQuery } from "./expressions.ts";
import { parseFrom } from "./from.ts";
import { syntaxError } from "./positions.ts";

/** SELECT … WINDOW: all that is not ORDER BY and LIMIT. */
export function parseSelect(c: Cursor): Select {
  const { start: pos } = c.next();
  const distinct = c.acceptWord("DISTINCT");
  if (!distinct) c.acceptWord("ALL");
  const { pos: asPos } = c;
  const as = c.acceptWord("AS", "STRUCT") ? "STRUCT" : c.acceptWord("AS", "VALUE") ? "VALUE" : null;
  const items = parseItems(c);
  const from = c.acceptWord("FROM") ? parseFrom(c) : null;
  const clauses: { name: string; pos: number }[] = [];
  const clause = (...words: string[]): boolean => {
    const { pos: at } = c;
    const [first = "", ...rest] = words;
    if (!c.acceptWord(first)) return false;
    c.expectWord(...rest);
    clauses.push({ name: words.join(" "), pos: at });
    return true;
  };
  const where = clause("WHERE") ? c.parseExpr(c) : null;
  const groupBy = clause("GROUP", "BY") ? parseGroupBy(c) : null;
  const having = clause("HAVING") ? c.parseExpr(c) : null;
  const qualify = clause("QUALIFY") ? c.parseExpr(c) : null;
  const windows = parseNamedWindows(c);
  return {
    k: "select",
    distinct,
    as,
    asPos,
    items,
    from,
    where,
    groupBy,
    having,
    qualify,
    windows,
    clauses,
    pos,
  };
}

export function parseNamedWindows(c: Cursor): Select["windows"] {
  return c.acceptWord("WINDOW") ? c.list(() => parseNamedWindow(c)) : [];
}

function parseNamedWindow(c: Cursor): Select["windows"][number] {
  const name = c.identifier();
  c.expectWord("AS");
  if (!c.isSymbol("(")) throw c.unexpected();
  return { name, spec: c.parens(() => parseWindow(c)) };
}

/** The columns after SELECT. A comma may stand after the last one. */
export function parseItems(c: Cursor): SelectItem[] {
  if (c.isWord("FROM")) throw syntaxError(c.sql, c.pos, "SELECT list must not be empty");
  const items = [parseItem(c)];
  while (c.acceptSymbol(",")) {
    if (endsItems(c)) break;
    items.push(parseItem(c));
  }
  return items;
}

export function endsItems(c: Cursor): boolean {
  const symbol = c.isSymbol(")") || c.isSymbol("|>") || c.isSymbol(";");
  return symbol || c.isWord("FROM") || c.peek().kind === "eof";
}

export function parseItem(c: Cursor): SelectItem {
  const { pos } = c;
  if (c.acceptSymbol("*")) return { k: "star", base: null, modifiers: parseModifiers(c), pos };
  const expr = c.parseExpr(c);
  if (c.isSymbol(".") && c.isSymbol("*", 1)) {
    c.at += 2;
    return { k: "star", base: expr, modifiers: parseModifiers(c), pos };
  }
  return { k: "expr", expr, alias: c.alias(), pos };
}

function parseModifiers(c: Cursor): StarModifiers {
  const modifiers: StarModifiers = { except: [], replace: [] };
  if (c.isWord("EXCEPT") && c.isSymbol("(", 1)) {
    c.next();
    modifiers.except = c.parens(() => c.list(() => c.identifier()));
  }
  if (c.isWord("REPLACE") && c.isSymbol("(", 1)) {
    c.next();
    modifiers.replace = c.parens(() => c.list(() => parseReplacement(c)));
  }
  return modifiers;
}

function parseReplacement(c: Cursor): { expr: Expr; name: Name } {
  const expr = c.parseExpr(c);
  c.acceptWord("AS");
  return { expr, name: c.identifier() };
}

function parseGroupBy(c: Cursor): Select["groupBy"] {
  if (c.acceptWord("ALL")) return "all";
  return c.list(() => parseGroupItem(c));
}

function parseGroupItem(c: Cursor): GroupItem {
  for (const k of ["rollup", "cube"] as const) {
    if (c.isWord(k.toUpperCase()) && c.isSymbol("(", 1)) {
      c.next();
      return { k, sets: c.parens(() => c.list(() => parseSet(c))) };
    }
  }
  if (c.acceptWord("GROUPING", "SETS")) {
    return { k: "groupingSets", sets: c.parens(() => c.list(() => parseGroupingSet(c))) };
  }
  return { k: "expr", expr: c.parseExpr(c) };
}

function parseGroupingSet(c: Cursor): GroupItem {
  if (c.isWord("ROLLUP") || c.isWord("CUBE")) return parseGroupItem(c);
  return { k: "set", exprs: parseSet(c) };
}

function parseSet(c: Cursor): Expr[] {
  if (!c.isSymbol("(") || startsQuery(c, 1)) return [c.parseExpr(c)];
  if (c.isSymbol(")", 1)) {
    c.at += 2;
    return [];
  }
  const expr = c.parseExpr(c);
  return expr.k === "tuple" ? expr.items : [expr];
}
