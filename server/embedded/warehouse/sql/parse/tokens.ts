import { syntaxError } from "./positions.ts";
import { readStringToken } from "./strings.ts";
import type { Token, TokenKind } from "./token.ts";

/** GoogleSQL's reserved words: they are identifiers only in backticks or after a dot. */
export const reservedWords: ReadonlySet<string> = new Set(
  `ALL AND ANY ARRAY AS ASC ASSERT_ROWS_MODIFIED AT BETWEEN BY CASE CAST COLLATE CONTAINS CREATE CROSS
  CUBE CURRENT DEFAULT DEFINE DESC DISTINCT ELSE END ENUM ESCAPE EXCEPT EXCLUDE EXISTS EXTRACT FALSE
  FETCH FOLLOWING FOR FROM FULL GROUP GROUPING GROUPS HASH HAVING IF IGNORE IN INNER INTERSECT INTERVAL
  INTO IS JOIN LATERAL LEFT LIKE LIMIT LOOKUP MERGE NATURAL NEW NO NOT NULL NULLS OF ON OR ORDER OUTER
  OVER PARTITION PRECEDING PROTO QUALIFY RANGE RECURSIVE RESPECT RIGHT ROLLUP ROWS SELECT SET SOME STRUCT
  TABLESAMPLE THEN TO TREAT TRUE UNBOUNDED UNION UNNEST USING WHEN WHERE WINDOW WITH WITHIN`.split(
    /\s+/,
  ),
);

const space = /(?:\s|--[^\n]*|#[^\n]*|\/\*[\s\S]*?\*\/)+/y;
const word = /[A-Za-z_][A-Za-z0-9_]*/y;
const stringStart = /(?:[rR][bB]?|[bB][rR]?)?(?:'''|"""|'|")/y;
const hex = /0[xX][0-9a-fA-F]+/y;
const float = /(?:\d+\.\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+)/y;
const integer = /\d+/y;
/** `project-1.dataset`: the number ends before the dot, since a name follows it. */
const integerBeforeName = /\d+(?=\.[A-Za-z_`])(?!\.[eE][+-]?\d)/y;
const pathPart = /[A-Za-z0-9_]+/y;
const symbols = /\|>|<=>|<=|>=|<>|!=|<<|>>|\|\||=>|->|@@|[-+*/=<>(),.;[\]{}|&^~?:@$%!]/y;

function match(pattern: RegExp, sql: string, at: number): string | null {
  pattern.lastIndex = at;
  return pattern.exec(sql)?.[0] ?? null;
}

/** Splits SQL into tokens; comments and space are dropped. Throws BigQuery's syntax errors. Linear. */
export function tokenize(sql: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (true) {
    at += match(space, sql, at)?.length ?? 0;
    if (at >= sql.length) break;
    if (sql.startsWith("/*", at)) throw syntaxError(sql, at, "Unclosed comment");
    const token = readToken(sql, at, tokens.at(-1));
    tokens.push(token);
    at = token.end;
  }
  tokens.push({ kind: "eof", text: "", start: sql.length, end: sql.length });
  return tokens;
}

function readToken(sql: string, at: number, previous: Token | undefined): Token {
  const make = (kind: TokenKind, text: string, end = at + text.length): Token => ({
    kind,
    text,
    start: at,
    end,
  });
  const touches = previous?.end === at;
  const opening = match(stringStart, sql, at);
  if (opening !== null) return readStringToken(sql, at, opening);
  if (sql[at] === "`") return readQuoted(sql, at);
  if (touches && isDotAfterName(previous, sql)) {
    const part = match(pathPart, sql, at);
    if (part !== null) return make("id", part);
  }
  if (sql[at] === "." && touches && isName(previous)) return make("sym", ".");
  const name = match(word, sql, at);
  if (name !== null) return make("id", name);
  const number = readNumber(sql, at, make);
  if (number) return number;
  if (sql[at] === "@" && sql[at + 1] !== "@") return readParameter(sql, at);
  const symbol = match(symbols, sql, at);
  if (symbol !== null) return make("sym", symbol);
  throw syntaxError(sql, at, `Illegal input character ${JSON.stringify(sql[at])}`);
}

function isName(token: Token | undefined): boolean {
  return token?.kind === "id" || token?.kind === "quoted";
}

/** A dot that directly follows a name, so that `dataset.2024_table` is read as two names. */
function isDotAfterName(token: Token | undefined, sql: string): boolean {
  return token?.text === "." && token.kind === "sym" && /[\w`]/.test(sql[token.start - 1] ?? "");
}

function readNumber(
  sql: string,
  at: number,
  make: (kind: TokenKind, text: string) => Token,
): Token | null {
  const first = match(hex, sql, at) ?? match(integerBeforeName, sql, at);
  if (first !== null) return make("int", first);
  const real = match(float, sql, at);
  if (real !== null) return checkNumberEnd(sql, make("float", real));
  const whole = match(integer, sql, at);
  return whole === null ? null : checkNumberEnd(sql, make("int", whole));
}

function checkNumberEnd(sql: string, token: Token): Token {
  if (/[A-Za-z_]/.test(sql[token.end] ?? "")) {
    throw syntaxError(sql, token.end, "Missing whitespace between literal and alias");
  }
  return token;
}

function readQuoted(sql: string, at: number): Token {
  let text = "";
  for (let i = at + 1; i < sql.length; i++) {
    const c = sql[i];
    if (c === "`") {
      if (text === "") throw syntaxError(sql, at, "Invalid empty identifier");
      return { kind: "quoted", text, start: at, end: i + 1 };
    }
    if (c === "\n") break;
    if (c === "\\") {
      i++;
      text += sql[i] ?? "";
    } else text += c;
  }
  throw syntaxError(sql, at, "Unclosed identifier literal");
}

function readParameter(sql: string, at: number): Token {
  if (sql[at + 1] === "`") {
    const quoted = readQuoted(sql, at + 1);
    return { ...quoted, kind: "param", start: at };
  }
  const name = match(word, sql, at + 1);
  if (name === null) throw syntaxError(sql, at, 'Unexpected "@"');
  return { kind: "param", text: name, start: at, end: at + 1 + name.length };
}
