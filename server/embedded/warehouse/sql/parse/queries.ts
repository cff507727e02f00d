import type {
  Body,
  Expr,
  GroupItem,
  Name,
  Query,
  Select,
  SelectItem,
  StarModifiers,
} from "./ast.ts";
import { parseOrderBy, parseWindow } from "./calls.ts";
import type { Cursor } from "./cursor.ts";
import { startsQuery } from "./expressions.ts";
import { parseFrom } from "./from.ts";
import { notSupported, syntaxError } from "./positions.ts";

/** WITH … body ORDER BY … LIMIT … OFFSET. */
export function parseQuery(c: Cursor): Query {
  return c.nested(() => {
    const { pos } = c;
    const query: Query = {
      recursive: false,
      withs: [],
      body: { k: "parens", query: null as never, pos },
      orderBy: [],
      limit: null,
      offset: null,
      pos,
    };
    if (c.acceptWord("WITH")) {
      query.recursive = c.acceptWord("RECURSIVE");
      query.withs = parseWiths(c);
    }
    query.body = parseSetOperations(c);
    if (c.isWord("ORDER")) query.orderBy = parseOrderBy(c);
    if (c.acceptWord("LIMIT")) {
      query.limit = c.parseExpr(c);
      if (c.acceptWord("OFFSET")) query.offset = c.parseExpr(c);
    }
    if (c.isSymbol("|>")) throw notSupported("pipe syntax");
    return query;
  });
}

function parseWiths(c: Cursor): Query["withs"] {
  const withs: Query["withs"] = [];
  do {
    // BigQuery takes a comma after the last one.
    if (withs.length > 0 && (c.isWord("SELECT") || c.isSymbol("("))) break;
    const name = c.identifier();
    c.expectWord("AS");
    withs.push({ name, query: c.parens(() => parseQuery(c)) });
  } while (c.acceptSymbol(","));
  return withs;
}

function parseSetOperations(c: Cursor): Body {
  const { pos } = c;
  const first = parseOperand(c);
  const operator = setOperator(c);
  if (!operator) return first;
  const operands = [first];
  let next: typeof operator | null = operator;
  while (next) {
    if (next.op !== operator.op || next.all !== operator.all) {
      throw syntaxError(
        c.sql,
        c.pos,
        "Different set operations cannot be used in the same query without using parentheses for grouping",
      );
    }
    c.at += 2;
    operands.push(parseOperand(c));
    next = setOperator(c);
  }
  if (operator.all && operator.op !== "UNION")
    throw syntaxError(c.sql, pos, `${operator.op} ALL is not supported`);
  return { k: "setop", ...operator, operands, pos };
}

/** Looks at, but does not take, a set operator and its quantifier. */
function setOperator(c: Cursor): { op: "UNION" | "INTERSECT" | "EXCEPT"; all: boolean } | null {
  for (const op of ["UNION", "INTERSECT", "EXCEPT"] as const) {
    if (!c.isWord(op)) continue;
    if (c.isWord("ALL", 1)) return { op, all: true };
    if (c.isWord("DISTINCT", 1)) return { op, all: false };
    c.next();
    throw c.expected("keyword ALL or keyword DISTINCT");
  }
  return null;
}

function parseOperand(c: Cursor): Body {
  const { pos } = c;
  if (c.isWord("SELECT")) return parseSelect(c);
  if (!c.isSymbol("(")) throw c.unexpected();
  return c.nested(() => ({ k: "parens", query: c.parens(() => parseQuery(c)), pos }));
}

function parseSelect(c: Cursor): Select {
  const { start: pos } = c.next();
  const distinct = c.acceptWord("DISTINCT");
  if (!distinct) c.acceptWord("ALL");
  const as = c.acceptWord("AS", "STRUCT") ? "STRUCT" : c.acceptWord("AS", "VALUE") ? "VALUE" : null;
  const items = parseItems(c);
  const from = c.acceptWord("FROM") ? parseFrom(c) : null;
  const where = c.acceptWord("WHERE") ? c.parseExpr(c) : null;
  const groupBy = c.acceptWord("GROUP", "BY") ? parseGroupBy(c) : null;
  const having = c.acceptWord("HAVING") ? c.parseExpr(c) : null;
  const qualify = c.acceptWord("QUALIFY") ? c.parseExpr(c) : null;
  const windows = c.acceptWord("WINDOW") ? c.list(() => parseNamedWindow(c)) : [];
  return { k: "select", distinct, as, items, from, where, groupBy, having, qualify, windows, pos };
}

function parseNamedWindow(c: Cursor): Select["windows"][number] {
  const name = c.identifier();
  c.expectWord("AS");
  if (!c.isSymbol("(")) throw c.unexpected();
  return { name, spec: c.parens(() => parseWindow(c)) };
}

function parseItems(c: Cursor): SelectItem[] {
  if (c.isWord("FROM")) throw syntaxError(c.sql, c.pos, "SELECT list must not be empty");
  const items = [parseItem(c)];
  while (c.acceptSymbol(",")) {
    // A comma may stand after the last item.
    if (c.isWord("FROM") || c.isSymbol(")") || c.peek().kind === "eof") break;
    items.push(parseItem(c));
  }
  return items;
}

function parseItem(c: Cursor): SelectItem {
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
