import type { Expr, Literal } from "./ast.ts";
import { parseCallOrPath } from "./calls.ts";
import type { Cursor } from "./cursor.ts";
import { notSupported } from "./positions.ts";
import { parseCase, parseCast, parseExtract, parseInterval, parseStruct } from "./special-forms.ts";
import { parseType } from "./types.ts";

/** Precedence climbing, from the weakest operator (OR) to the strongest (a subscript). */
export function parseExpression(c: Cursor): Expr {
  return c.nested(() => parseOr(c));
}

function parseOr(c: Cursor): Expr {
  const { pos } = c;
  const args = [parseAnd(c)];
  while (c.acceptWord("OR")) args.push(parseAnd(c));
  return args.length === 1 ? (args[0] as Expr) : { k: "or", args, pos };
}

function parseAnd(c: Cursor): Expr {
  const { pos } = c;
  const args = [parseNot(c)];
  while (c.acceptWord("AND")) args.push(parseNot(c));
  return args.length === 1 ? (args[0] as Expr) : { k: "and", args, pos };
}

function parseNot(c: Cursor): Expr {
  const { pos } = c;
  if (!c.acceptWord("NOT")) return parseComparison(c);
  return c.nested(() => ({ k: "not", arg: parseNot(c), pos }));
}

const comparisons = new Set(["=", "<", ">", "<=", ">=", "!=", "<>"]);

function parseComparison(c: Cursor): Expr {
  const left = parseBinary(c, 0);
  const token = c.peek();
  if (token.kind === "sym" && comparisons.has(token.text)) {
    c.next();
    const op = token.text === "<>" ? "!=" : token.text;
    const node: Expr = { k: "op", op, args: [left, parseBinary(c, 0)], pos: left.pos };
    const after = c.peek();
    if (after.kind === "sym" && comparisons.has(after.text)) throw c.unexpected();
    return node;
  }
  if (c.isWord("IS")) return parseIs(c, left);
  const not = c.isWord("NOT") && ["LIKE", "IN", "BETWEEN"].some((word) => c.isWord(word, 1));
  const { pos } = left;
  const { pos: at } = c;
  if (not) c.next();
  if (c.acceptWord("BETWEEN")) {
    const low = parseBinary(c, 0);
    c.expectWord("AND");
    return { k: "between", arg: left, low, high: parseBinary(c, 0), not, pos: at };
  }
  if (c.acceptWord("LIKE")) return parseLike(c, left, not, pos);
  if (c.acceptWord("IN")) return { ...parseIn(c, left, not, pos), at } as Expr;
  return left;
}

function parseIs(c: Cursor, arg: Expr): Expr {
  const { pos } = arg;
  c.next();
  const not = c.acceptWord("NOT");
  if (c.acceptWord("DISTINCT", "FROM")) {
    return { k: "distinctFrom", left: arg, right: parseBinary(c, 0), not, pos };
  }
  for (const what of ["NULL", "TRUE", "FALSE"] as const) {
    if (c.acceptWord(what)) return { k: "is", arg, what, not, pos };
  }
  if (c.isWord("UNKNOWN")) throw notSupported("IS UNKNOWN");
  throw c.unexpected();
}

function parseLike(c: Cursor, arg: Expr, not: boolean, pos: number): Expr {
  const quantifier = ["ANY", "SOME", "ALL"].find((word) => c.acceptWord(word)) ?? null;
  return { k: "like", arg, pattern: parseBinary(c, 0), not, quantifier, pos };
}

function parseIn(c: Cursor, arg: Expr, not: boolean, pos: number): Expr {
  if (c.acceptWord("UNNEST")) {
    return { k: "inUnnest", arg, array: c.parens(() => parseExpression(c)), not, pos };
  }
  return c.parens((): Expr => {
    if (startsQuery(c, 0)) return { k: "inQuery", arg, query: c.parseQuery(c), not, pos };
    return { k: "in", arg, list: c.list(() => parseExpression(c)), not, pos };
  });
}

/**
 * Is what stands `from` tokens ahead a query? Through opening parentheses it is one if SELECT or WITH
 * follows and their end is not the operand of something: `((SELECT 1) + 2)` is an expression.
 */
export function startsQuery(c: Cursor, from: number): boolean {
  let ahead = from;
  while (c.isSymbol("(", ahead)) ahead++;
  const opens = ["SELECT", "WITH", "FROM"].some((word) => c.isWord(word, ahead));
  if (!opens || ahead === from) return opens;
  const after = closing(c, from) + 1;
  const goesOn = ["UNION", "INTERSECT", "EXCEPT", "ORDER", "LIMIT"];
  const ends = c.isSymbol(")", after) || c.isSymbol("|>", after);
  return ends || goesOn.some((word) => c.isWord(word, after));
}

/** Where the parenthesis that opens `from` tokens ahead is closed. */
function closing(c: Cursor, from: number): number {
  let depth = 0;
  let ahead = from;
  for (; c.peek(ahead).kind !== "eof"; ahead++) {
    if (c.isSymbol("(", ahead)) depth++;
    else if (c.isSymbol(")", ahead) && --depth === 0) break;
  }
  return ahead;
}

const binaryLevels = [["|"], ["^"], ["&"], ["<<", ">>"], ["+", "-"], ["*", "/", "||"]];

function parseBinary(c: Cursor, level: number): Expr {
  const operators = binaryLevels[level];
  if (!operators) return parseUnary(c);
  let left = parseBinary(c, level + 1);
  while (c.peek().kind === "sym" && operators.includes(c.peek().text)) {
    const token = c.next();
    const right = parseBinary(c, level + 1);
    left = { k: "op", op: token.text, args: [left, right], pos: left.pos };
  }
  return left;
}

function parseUnary(c: Cursor): Expr {
  const token = c.peek();
  if (token.kind === "sym" && ["-", "+", "~"].includes(token.text)) {
    c.next();
    return c.nested(() => ({
      k: "op",
      op: `unary${token.text}`,
      args: [parseUnary(c)],
      pos: token.start,
    }));
  }
  return parsePostfix(c, parsePrimary(c));
}

function parsePostfix(c: Cursor, start: Expr): Expr {
  let expr = start;
  while (true) {
    const { pos } = c;
    if (c.isSymbol(".") && !c.isSymbol("*", 1)) {
      c.next();
      expr = { k: "field", base: expr, name: c.memberName(), pos };
    } else if (c.acceptSymbol("[")) {
      expr = parseSubscript(c, expr, pos);
    } else return expr;
  }
}

function parseSubscript(c: Cursor, base: Expr, pos: number): Expr {
  const modes = ["OFFSET", "ORDINAL", "SAFE_OFFSET", "SAFE_ORDINAL"];
  const mode = c.isSymbol("(", 1) ? (modes.find((word) => c.isWord(word)) ?? null) : null;
  if (mode) c.next();
  const index = mode ? c.parens(() => parseExpression(c)) : parseExpression(c);
  c.expectSymbol("]");
  return { k: "index", base, index, mode, pos };
}

const typedLiterals = new Set([
  "DATE",
  "DATETIME",
  "TIME",
  "TIMESTAMP",
  "NUMERIC",
  "BIGNUMERIC",
  "DECIMAL",
  "BIGDECIMAL",
  "JSON",
]);

function parsePrimary(c: Cursor): Expr {
  const token = c.peek();
  const { start: pos } = token;
  switch (token.kind) {
    case "int":
      c.next();
      return { k: "literal", type: "INT64", text: token.text, pos };
    case "float":
      c.next();
      return { k: "literal", type: "FLOAT64", text: token.text, pos };
    case "string":
      c.next();
      return { k: "literal", type: "STRING", text: token.text, pos };
    case "bytes":
      c.next();
      return { k: "literal", type: "BYTES", bytes: token.bytes ?? new Uint8Array(), pos };
    case "param":
      c.next();
      return { k: "param", name: token.text, ordinal: 0, pos };
    case "sym":
      return parseSymbol(c);
    case "id":
      return parseWord(c, token.text.toUpperCase(), pos);
    case "quoted":
      return parseCallOrPath(c);
    default:
      throw c.unexpected();
  }
}

function parseSymbol(c: Cursor): Expr {
  const { pos } = c;
  if (c.acceptSymbol("?")) {
    return { k: "param", name: null, ordinal: ++c.positionalParameters, pos };
  }
  if (c.acceptSymbol("[")) return parseArrayItems(c, null, pos);
  if (c.acceptSymbol("@@")) return { k: "systemVariable", name: parseSystemName(c), pos };
  if (!c.isSymbol("(")) throw c.unexpected();
  if (startsQuery(c, 1)) {
    return { k: "scalarQuery", query: c.parens(() => c.parseQuery(c)), pos };
  }
  const items = c.parens(() => c.list(() => parseExpression(c)));
  return items.length === 1 ? (items[0] as Expr) : { k: "tuple", items, pos };
}

/** What follows `@@`: words between dots. */
export function parseSystemName(c: Cursor): string {
  const names = [c.memberName().text];
  while (c.acceptSymbol(".")) names.push(c.memberName().text);
  return names.join(".").toLowerCase();
}

function parseArrayItems(
  c: Cursor,
  elementType: ReturnType<typeof parseType> | null,
  pos: number,
): Expr {
  const items = c.isSymbol("]") ? [] : c.list(() => parseExpression(c));
  c.expectSymbol("]");
  return { k: "array", elementType, items, pos };
}

function parseWord(c: Cursor, word: string, pos: number): Expr {
  const typed = parseLiteralWord(c, word, pos);
  if (typed) return typed;
  switch (word) {
    case "CASE":
      return parseCase(c);
    case "CAST":
    case "SAFE_CAST":
      return parseCast(c);
    case "EXTRACT":
      return parseExtract(c);
    case "INTERVAL":
      return parseInterval(c);
    case "RANGE":
      return c.isSymbol("<", 1) ? parseRangeLiteral(c) : parseCallOrPath(c);
    case "STRUCT":
      return parseStruct(c);
    case "ARRAY":
      return parseArray(c);
    case "EXISTS":
      c.next();
      return { k: "exists", query: c.parens(() => c.parseQuery(c)), pos };
    default:
      return parseCallOrPath(c);
  }
}

function parseLiteralWord(c: Cursor, word: string, pos: number): Literal | null {
  if (word === "NULL") {
    c.next();
    return { k: "literal", type: "NULL", pos };
  }
  if (word === "TRUE" || word === "FALSE") {
    c.next();
    return { k: "literal", type: "BOOL", value: word === "TRUE", pos };
  }
  if (!typedLiterals.has(word) || c.peek(1).kind !== "string") return null;
  c.next();
  return { k: "typed", type: word, text: c.next().text, pos };
}

/** RANGE<DATE> '[…, …)' */
function parseRangeLiteral(c: Cursor): Expr {
  const type = parseType(c);
  if (type.k !== "named" || c.peek().kind !== "string") throw c.unexpected();
  return { k: "typed", type: type.name, text: c.next().text, pos: type.pos };
}

function parseArray(c: Cursor): Expr {
  const { pos } = c;
  if (c.isSymbol("<", 1)) {
    const type = parseType(c);
    if (type.k !== "array") throw c.unexpected();
    c.expectSymbol("[");
    return parseArrayItems(c, type.element, pos);
  }
  c.next();
  if (c.acceptSymbol("[")) return parseArrayItems(c, null, pos);
  return { k: "arrayQuery", query: c.parens(() => c.parseQuery(c)), pos };
}
