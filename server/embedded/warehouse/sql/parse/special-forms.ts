import type { Expr, Name, StructField } from "./ast.ts";
import type { Cursor } from "./cursor.ts";
import { parseType } from "./types.ts";

export function parseCase(c: Cursor): Expr {
  const { start: pos } = c.next();
  const operand = c.isWord("WHEN") ? null : c.parseExpr(c);
  const whens: [Expr, Expr][] = [];
  while (c.acceptWord("WHEN")) {
    const condition = c.parseExpr(c);
    c.expectWord("THEN");
    whens.push([condition, c.parseExpr(c)]);
  }
  if (whens.length === 0) throw c.expected("keyword WHEN");
  const otherwise = c.acceptWord("ELSE") ? c.parseExpr(c) : null;
  c.expectWord("END");
  return { k: "case", operand, whens, otherwise, pos };
}

export function parseCast(c: Cursor): Expr {
  const { start: pos, text } = c.next();
  return c.parens(() => {
    const arg = c.parseExpr(c);
    c.expectWord("AS");
    const type = parseType(c);
    const format = c.acceptWord("FORMAT") ? c.parseExpr(c) : null;
    return { k: "cast", arg, type, safe: text.toUpperCase() === "SAFE_CAST", format, pos };
  });
}

/** A date part, perhaps with an argument: WEEK(MONDAY). */
function parsePart(c: Cursor): { part: Name; partArg: Name | null } {
  const part = c.identifier();
  const partArg = c.isSymbol("(") ? c.parens(() => c.identifier()) : null;
  return { part, partArg };
}

export function parseExtract(c: Cursor): Expr {
  const { start: pos } = c.next();
  return c.parens(() => {
    const { part, partArg } = parsePart(c);
    c.expectWord("FROM");
    const arg = c.parseExpr(c);
    const zone = c.acceptWord("AT", "TIME", "ZONE") ? c.parseExpr(c) : null;
    return { k: "extract", part, partArg, arg, zone, pos };
  });
}

export function parseInterval(c: Cursor): Expr {
  const { start: pos } = c.next();
  const value = c.parseExpr(c);
  const part = c.identifier();
  const to = c.acceptWord("TO") ? c.identifier() : null;
  return { k: "interval", value, part, to, pos };
}

export function parseStruct(c: Cursor): Expr {
  const { pos } = c;
  const type = c.isSymbol("<", 1) ? parseType(c) : null;
  if (!type) c.next();
  const fields = c.parens(() => (c.isSymbol(")") ? [] : c.list(() => parseStructField(c))));
  return { k: "struct", type, fields, pos };
}

function parseStructField(c: Cursor): StructField {
  const expr = c.parseExpr(c);
  return { expr, alias: c.acceptWord("AS") ? c.identifier().text : null };
}
