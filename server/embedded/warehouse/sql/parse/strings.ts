import { syntaxError } from "./positions.ts";
import type { Token } from "./token.ts";

const simpleEscapes: Record<string, number> = {
  a: 7,
  b: 8,
  f: 12,
  n: 10,
  r: 13,
  t: 9,
  v: 11,
  "\\": 92,
  "?": 63,
  '"': 34,
  "'": 39,
  "`": 96,
};

/** Reads a STRING or BYTES literal of any quoting: r, b, rb, single, double, triple. */
export function readStringToken(sql: string, at: number, opening: string): Token {
  const prefix = opening.replace(/['"]+$/, "").toLowerCase();
  const quote = opening.slice(prefix.length);
  const from = at + opening.length;
  const end = findEnd(sql, from, quote, at);
  const body = sql.slice(from, end).replaceAll("\r\n", "\n");
  const isBytes = prefix.includes("b");
  const raw = prefix.includes("r");
  const token: Token = {
    kind: isBytes ? "bytes" : "string",
    text: "",
    start: at,
    end: end + quote.length,
  };
  if (isBytes) token.bytes = decodeBytes(sql, at, body, raw);
  else token.text = raw ? body : decodeText(sql, at, body);
  return token;
}

function findEnd(sql: string, from: number, quote: string, start: number): number {
  for (let i = from; i < sql.length; i++) {
    if (sql[i] === "\\") i++;
    else if (sql.startsWith(quote, i)) return i;
    else if (sql[i] === "\n" && quote.length === 1) break;
  }
  throw syntaxError(
    sql,
    start,
    `Unclosed ${quote.length === 3 ? "triple-quoted " : ""}string literal`,
  );
}

type Piece = { text: string } | { code: number; unicode: boolean };

function decodeText(sql: string, at: number, body: string): string {
  let out = "";
  for (const piece of pieces(sql, at, body)) {
    if ("text" in piece) out += piece.text;
    else if (!piece.unicode && piece.code > 127)
      throw syntaxError(sql, at, "Structurally invalid UTF8 string");
    else out += String.fromCodePoint(piece.code);
  }
  return out;
}

function decodeBytes(sql: string, at: number, body: string, raw: boolean): Uint8Array {
  if (raw) return new TextEncoder().encode(body);
  const parts: number[] = [];
  for (const piece of pieces(sql, at, body)) {
    if ("text" in piece) parts.push(...new TextEncoder().encode(piece.text));
    else if (piece.unicode) throw syntaxError(sql, at, "Illegal escape sequence in bytes literal");
    else parts.push(piece.code);
  }
  return Uint8Array.from(parts);
}

function* pieces(sql: string, at: number, body: string): Generator<Piece> {
  const pattern =
    /\\(x[0-9a-fA-F]{2}|X[0-9a-fA-F]{2}|[0-3][0-7]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[\s\S])|[^\\]+/g;
  for (const found of body.matchAll(pattern)) {
    const sequence = found[1];
    if (sequence === undefined) yield { text: found[0] };
    else yield decodeEscape(sql, at, sequence);
  }
}

function decodeEscape(sql: string, at: number, sequence: string): Piece {
  if (sequence.length === 1) {
    const code = simpleEscapes[sequence];
    if (code === undefined) throw syntaxError(sql, at, `Illegal escape sequence: \\${sequence}`);
    return { code, unicode: false };
  }
  if (/^[xX]/.test(sequence))
    return { code: Number.parseInt(sequence.slice(1), 16), unicode: false };
  if (/^[uU]/.test(sequence)) {
    const code = Number.parseInt(sequence.slice(1), 16);
    if (code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) {
      throw syntaxError(sql, at, `Illegal escape sequence: \\${sequence}`);
    }
    return { code, unicode: true };
  }
  return { code: Number.parseInt(sequence, 8), unicode: false };
}
