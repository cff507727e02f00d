import type { Body, Query } from "./ast.ts";
import { parseOrderBy } from "./calls.ts";
import type { Cursor } from "./cursor.ts";
import { parseFrom } from "./from.ts";
import { parsePipes } from "./pipes.ts";
import { syntaxError } from "./positions.ts";
import { parseSelect } from "./select.ts";
import { parseWiths } from "./withs.ts";

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
    const start = c.pos;
    if (c.acceptWord("FROM")) {
      const from = parseFrom(c);
      query.body = { k: "piped", input: from, pipes: parsePipes(c, null), pos: start };
      return query;
    }
    query.body = parseSetOperations(c);
    if (c.isWord("ORDER")) query.orderBy = parseOrderBy(c);
    if (c.acceptWord("LIMIT")) {
      query.limit = c.parseExpr(c);
      if (c.acceptWord("OFFSET")) query.offset = c.parseExpr(c);
    }
    return piped(c, query);
  });
}

/** `query |> …`; a query in parentheses may have an alias before. */
function piped(c: Cursor, query: Query): Query {
  const named = query.body.k === "parens" && c.isWord("AS") && c.isSymbol("|>", 2);
  const alias = named && c.acceptWord("AS") ? c.identifier() : null;
  if (!c.isSymbol("|>")) return query;
  const { pos } = query.body;
  const input: Query = { ...query, withs: [], recursive: false };
  const body: Body = {
    k: "piped",
    input: { k: "query", query: input },
    pipes: parsePipes(c, alias),
    pos,
  };
  return { ...query, body, orderBy: [], limit: null, offset: null };
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
