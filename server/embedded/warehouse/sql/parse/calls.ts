import type { Call, Expr, FrameBound, Name, OrderItem, WindowSpec } from "./ast.ts";
import type { Cursor } from "./cursor.ts";
import { syntaxError } from "./positions.ts";

/** Reserved words that name functions all the same. */
const callableKeywords = new Set(["IF", "LEFT", "RIGHT", "GROUPING", "COLLATE", "RANGE"]);

/** Functions that are called without parentheses too, and then go before columns of their name. */
const clocks = new Set(["CURRENT_DATE", "CURRENT_DATETIME", "CURRENT_TIME", "CURRENT_TIMESTAMP"]);

/** `a`, `a.b`, `f(…)` or `NET.HOST(…)`, with all that may stand in and after the parentheses. */
export function parseCallOrPath(c: Cursor): Expr {
  const token = c.peek();
  const keywordCall =
    token.kind === "id" && callableKeywords.has(token.text.toUpperCase()) && c.isSymbol("(", 1);
  if (!keywordCall && !c.isIdentifier()) throw c.unexpected();
  const names = [c.memberName()];
  while (c.isSymbol(".") && !c.isSymbol("*", 1)) {
    const after = c.peek(1);
    if (after.kind !== "id" && after.kind !== "quoted") break;
    c.next();
    names.push(c.memberName());
  }
  const { pos } = names[0] as Name;
  const clock = names.length === 1 && token.kind === "id" && clocks.has(token.text.toUpperCase());
  if (c.isSymbol("(") || clock) return parseCall(c, names, pos);
  return { k: "path", names, pos };
}

function parseCall(c: Cursor, names: Name[], pos: number): Expr {
  const written = names.map((name) => name.text).join(".");
  const upper = written.toUpperCase();
  const safe = upper.startsWith("SAFE.");
  const call: Call = {
    k: "call",
    name: safe ? upper.slice(5) : upper,
    written,
    args: [],
    safe,
    star: false,
    distinct: false,
    nulls: null,
    having: null,
    orderBy: [],
    limit: null,
    over: null,
    pos,
  };
  if (c.isSymbol("(")) c.parens(() => parseArguments(c, call));
  if (c.isWord("OVER")) {
    c.next();
    const { pos } = c;
    call.over = c.isSymbol("(") ? { ...c.parens(() => parseWindow(c)), pos } : namedWindow(c);
  }
  return call;
}

function namedWindow(c: Cursor): WindowSpec {
  const base = c.identifier();
  return { base, partitionBy: [], orderBy: [], frame: null, pos: base.pos };
}

function parseArguments(c: Cursor, call: Call): void {
  if (c.isSymbol(")")) return;
  if (c.acceptSymbol("*")) {
    call.star = true;
    return;
  }
  if (c.acceptWord("DISTINCT")) call.distinct = true;
  call.args = c.list(() => parseArgument(c));
  if (c.acceptWord("IGNORE", "NULLS")) call.nulls = "ignore";
  else if (c.acceptWord("RESPECT", "NULLS")) call.nulls = "respect";
  if (c.acceptWord("HAVING")) {
    const max = c.acceptWord("MAX");
    if (!max) c.expectWord("MIN");
    call.having = { max, expr: c.parseExpr(c) };
  }
  if (c.isWord("ORDER")) call.orderBy = parseOrderBy(c);
  if (c.acceptWord("LIMIT")) call.limit = c.parseExpr(c);
}

function parseArgument(c: Cursor): Expr {
  if (c.isSymbol("=>", 1)) {
    const name = c.identifier();
    c.expectSymbol("=>");
    return { k: "named", name, value: c.parseExpr(c), pos: name.pos };
  }
  // A subquery needs no parentheses of its own as the only argument of ARRAY alone.
  if (c.isWord("SELECT") || c.isWord("WITH")) throw c.unexpected();
  return c.parseExpr(c);
}

export function parseOrderBy(c: Cursor): OrderItem[] {
  const { pos } = c;
  c.expectWord("ORDER", "BY");
  return c.list(() => {
    const expr = c.parseExpr(c);
    if (c.isWord("COLLATE")) throw syntaxError(c.sql, c.pos, "COLLATE is not supported here");
    return { expr, ...parseDirection(c), pos };
  });
}

/** [ASC | DESC] [NULLS FIRST | NULLS LAST] */
export function parseDirection(c: Cursor): Pick<OrderItem, "descending" | "nulls"> {
  const descending = c.acceptWord("DESC");
  if (!descending) c.acceptWord("ASC");
  let nulls: OrderItem["nulls"] = null;
  if (c.acceptWord("NULLS", "FIRST")) nulls = "first";
  else if (c.acceptWord("NULLS", "LAST")) nulls = "last";
  return { descending, nulls };
}

export function parseWindow(c: Cursor): WindowSpec {
  const { pos } = c;
  const base = c.isIdentifier() && !c.isWord("ROWS") ? c.identifier() : null;
  const partitionBy = c.acceptWord("PARTITION", "BY") ? c.list(() => c.parseExpr(c)) : [];
  const orderBy = c.isWord("ORDER") ? parseOrderBy(c) : [];
  return { base, partitionBy, orderBy, frame: parseFrame(c), pos };
}

function parseFrame(c: Cursor): WindowSpec["frame"] {
  const unit = c.isWord("ROWS") ? "ROWS" : c.isWord("RANGE") ? "RANGE" : null;
  if (!unit) return null;
  c.next();
  if (c.acceptWord("BETWEEN")) {
    const start = parseBound(c);
    c.expectWord("AND");
    return { unit, start, end: parseBound(c) };
  }
  return { unit, start: parseBound(c), end: { kind: "current", offset: null } };
}

function parseBound(c: Cursor): FrameBound {
  if (c.acceptWord("UNBOUNDED", "PRECEDING")) return { kind: "unboundedPreceding", offset: null };
  if (c.acceptWord("UNBOUNDED", "FOLLOWING")) return { kind: "unboundedFollowing", offset: null };
  if (c.acceptWord("CURRENT", "ROW")) return { kind: "current", offset: null };
  const offset = c.parseExpr(c);
  if (c.acceptWord("PRECEDING")) return { kind: "preceding", offset };
  c.expectWord("FOLLOWING");
  return { kind: "following", offset };
}
