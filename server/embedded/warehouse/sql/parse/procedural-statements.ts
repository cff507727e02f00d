import type { Expr, Name } from "./ast.ts";
import type { Cursor } from "./cursor.ts";
import { parseTablePath } from "./from.ts";
import { syntaxError } from "./positions.ts";
import type { Located, Procedural } from "./statement-ast.ts";

type Word = (c: Cursor, next: () => Located, label: Name | null) => Procedural;

const labelled: Record<string, Word> = {
  BEGIN: parseBlock,
  LOOP: parseLoop,
  WHILE: parseWhile,
  REPEAT: parseRepeat,
  FOR: parseFor,
};

const plain: Record<string, Word> = {
  IF: parseIf,
  CASE: parseCase,
  BREAK: (c) => parseJump(c, "leave"),
  LEAVE: (c) => parseJump(c, "leave"),
  CONTINUE: (c) => parseJump(c, "iterate"),
  ITERATE: (c) => parseJump(c, "iterate"),
  RETURN: (c) => ({ k: "return", pos: c.next().start }),
  RAISE: parseRaise,
  EXECUTE: parseExecute,
  ASSERT: parseAssert,
  COMMIT: (c) => parseTransaction(c, "commit"),
  ROLLBACK: (c) => parseTransaction(c, "rollback"),
  CALL: parseCall,
};

function wordOf(c: Cursor): Word | undefined {
  const token = c.peek();
  if (token.kind !== "id") return undefined;
  const word = token.text.toUpperCase();
  return labelled[word] ?? plain[word];
}

function isLabel(c: Cursor): boolean {
  return c.isIdentifier() && c.isSymbol(":", 1);
}

/** Does a statement of the procedural language begin here? */
export function startsProcedural(c: Cursor): boolean {
  return isLabel(c) || wordOf(c) !== undefined;
}

/** One statement of the procedural language; `next` reads the statements within. */
export function parseProcedural(c: Cursor, next: () => Located): Procedural {
  return c.nested(() => {
    if (!isLabel(c)) return (wordOf(c) as Word)(c, next, null);
    const label = c.identifier();
    c.next();
    const word = labelled[c.peek().text.toUpperCase()];
    if (!word || c.peek().kind !== "id") throw c.unexpected();
    return word(c, next, label);
  });
}

/** Statements, each with its semicolon, up to one of the words. */
function body(c: Cursor, next: () => Located, ...ends: string[]): Located[] {
  const statements: Located[] = [];
  while (!ends.some((word) => c.isWord(word))) {
    if (c.peek().kind === "eof") throw c.expected(`keyword ${ends[0] ?? "END"}`);
    statements.push(next());
    if (!c.acceptSymbol(";")) {
      if (c.peek().kind === "eof") {
        throw syntaxError(c.sql, c.pos, 'Expected ";" but got end of script');
      }
      throw c.expected('";"');
    }
  }
  return statements;
}

function end(c: Cursor, word: string | null, label: Name | null): void {
  c.expectWord("END");
  if (word) c.expectWord(word);
  if (!label || !c.isIdentifier()) return;
  const written = c.identifier();
  if (written.text.toLowerCase() === label.text.toLowerCase()) return;
  throw syntaxError(c.sql, written.pos, `Mismatched end label; expected ${label.text}`);
}

function parseBlock(c: Cursor, next: () => Located, label: Name | null): Procedural {
  const { start: pos } = c.next();
  if (!label && (c.acceptWord("TRANSACTION") || c.isSymbol(";") || c.peek().kind === "eof")) {
    return { k: "transaction", action: "begin", pos };
  }
  const statements = body(c, next, "EXCEPTION", "END");
  let handler: Located[] | null = null;
  if (c.acceptWord("EXCEPTION")) {
    c.expectWord("WHEN", "ERROR", "THEN");
    handler = body(c, next, "END");
  }
  end(c, null, label);
  return { k: "block", label, body: statements, handler, pos };
}

function parseLoop(c: Cursor, next: () => Located, label: Name | null): Procedural {
  const { start: pos } = c.next();
  const statements = body(c, next, "END");
  end(c, "LOOP", label);
  return { k: "loop", label, body: statements, pos };
}

function parseWhile(c: Cursor, next: () => Located, label: Name | null): Procedural {
  const { start: pos } = c.next();
  const condition = c.parseExpr(c);
  c.expectWord("DO");
  const statements = body(c, next, "END");
  end(c, "WHILE", label);
  return { k: "while", label, condition, body: statements, pos };
}

function parseRepeat(c: Cursor, next: () => Located, label: Name | null): Procedural {
  const { start: pos } = c.next();
  const statements = body(c, next, "UNTIL");
  c.expectWord("UNTIL");
  const until = c.parseExpr(c);
  end(c, "REPEAT", label);
  return { k: "repeat", label, until, body: statements, pos };
}

function parseFor(c: Cursor, next: () => Located, label: Name | null): Procedural {
  const { start: pos } = c.next();
  const variable = c.identifier();
  c.expectWord("IN");
  c.expectSymbol("(");
  const queryStart = c.pos;
  const query = c.parseQuery(c);
  const queryEnd = c.peek(-1).end;
  c.expectSymbol(")");
  c.expectWord("DO");
  const statements = body(c, next, "END");
  end(c, "FOR", label);
  return { k: "for", label, variable, query, queryStart, queryEnd, body: statements, pos };
}

function parseIf(c: Cursor, next: () => Located): Procedural {
  const { start: pos } = c.next();
  const branches: { condition: Expr; body: Located[] }[] = [];
  do {
    const condition = c.parseExpr(c);
    c.expectWord("THEN");
    branches.push({ condition, body: body(c, next, "ELSEIF", "ELSE", "END") });
  } while (c.acceptWord("ELSEIF"));
  const otherwise = c.acceptWord("ELSE") ? body(c, next, "END") : [];
  end(c, "IF", null);
  return { k: "if", branches, otherwise, pos };
}

function parseCase(c: Cursor, next: () => Located): Procedural {
  const { start: pos } = c.next();
  const operand = c.isWord("WHEN") ? null : c.parseExpr(c);
  const whens: { value: Expr; body: Located[] }[] = [];
  if (!c.isWord("WHEN")) throw c.expected("keyword WHEN");
  while (c.acceptWord("WHEN")) {
    const value = c.parseExpr(c);
    c.expectWord("THEN");
    whens.push({ value, body: body(c, next, "WHEN", "ELSE", "END") });
  }
  const otherwise = c.acceptWord("ELSE") ? body(c, next, "END") : null;
  end(c, "CASE", null);
  return { k: "caseStatement", operand, whens, otherwise, pos };
}

function parseJump(c: Cursor, k: "leave" | "iterate"): Procedural {
  const { start: pos } = c.next();
  return { k, label: c.isIdentifier() ? c.identifier() : null, pos };
}

function parseRaise(c: Cursor): Procedural {
  const { start: pos } = c.next();
  if (!c.acceptWord("USING")) return { k: "raise", message: null, pos };
  c.expectWord("MESSAGE");
  c.expectSymbol("=");
  return { k: "raise", message: c.parseExpr(c), pos };
}

function parseExecute(c: Cursor): Procedural {
  const { start: pos } = c.next();
  c.expectWord("IMMEDIATE");
  const sql = c.parseExpr(c);
  const into = c.acceptWord("INTO") ? c.list(() => c.identifier()) : [];
  const using = c.acceptWord("USING")
    ? c.list(() => ({ value: c.parseExpr(c), name: c.acceptWord("AS") ? c.identifier() : null }))
    : [];
  return { k: "executeImmediate", sql, into, using, pos };
}

function parseAssert(c: Cursor): Procedural {
  const { start: pos } = c.next();
  const condition = c.parseExpr(c);
  if (!c.acceptWord("AS")) return { k: "assert", condition, message: null, pos };
  if (c.peek().kind !== "string") throw c.expected("string literal");
  return { k: "assert", condition, message: c.next().text, pos };
}

function parseTransaction(c: Cursor, action: "commit" | "rollback"): Procedural {
  const { start: pos } = c.next();
  c.acceptWord("TRANSACTION");
  return { k: "transaction", action, pos };
}

function parseCall(c: Cursor): Procedural {
  const { start: pos } = c.next();
  const path = parseTablePath(c);
  const args = c.parens(() => (c.isSymbol(")") ? [] : c.list(() => c.parseExpr(c))));
  return { k: "call", path, args, pos };
}
