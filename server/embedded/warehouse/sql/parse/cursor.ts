import type { WarehouseError } from "../../contract.ts";
import type { Expr, Name, Query } from "./ast.ts";
import { syntaxError } from "./positions.ts";
import type { Token } from "./token.ts";
import { reservedWords, tokenize } from "./tokens.ts";

const maxDepth = 200;

/** Where the parser stands. Expressions hold queries and queries expressions: they meet here. */
export class Cursor {
  readonly sql: string;
  readonly tokens: Token[];
  readonly parseQuery: (c: Cursor) => Query;
  readonly parseExpr: (c: Cursor) => Expr;
  at = 0;
  positionalParameters = 0;
  private depth = 0;

  constructor(sql: string, parseQuery: (c: Cursor) => Query, parseExpr: (c: Cursor) => Expr) {
    this.sql = sql;
    this.tokens = tokenize(sql);
    this.parseQuery = parseQuery;
    this.parseExpr = parseExpr;
  }

  peek(ahead = 0): Token {
    return this.tokens[Math.min(this.at + ahead, this.tokens.length - 1)] as Token;
  }

  next(): Token {
    const token = this.peek();
    if (token.kind !== "eof") this.at++;
    return token;
  }

  get pos(): number {
    return this.peek().start;
  }

  /** Is the token at hand (or `ahead` of it) this word, written without backticks? */
  isWord(word: string, ahead = 0): boolean {
    const token = this.peek(ahead);
    return token.kind === "id" && token.text.toUpperCase() === word;
  }

  areWords(...words: string[]): boolean {
    return words.every((word, i) => this.isWord(word, i));
  }

  acceptWord(...words: string[]): boolean {
    if (!this.areWords(...words)) return false;
    this.at += words.length;
    return true;
  }

  expectWord(...words: string[]): void {
    for (const word of words) {
      if (!this.acceptWord(word)) throw this.expected(`keyword ${word}`);
    }
  }

  isSymbol(symbol: string, ahead = 0): boolean {
    const token = this.peek(ahead);
    return token.kind === "sym" && token.text === symbol;
  }

  acceptSymbol(symbol: string): boolean {
    if (!this.isSymbol(symbol)) return false;
    this.at++;
    return true;
  }

  expectSymbol(symbol: string): void {
    if (this.acceptSymbol(symbol)) return;
    // `>>` closes two type brackets.
    if (symbol === ">" && this.isSymbol(">>")) {
      const token = this.peek();
      this.tokens.splice(this.at, 1, { ...token, text: ">", start: token.start + 1 });
      return;
    }
    throw this.expected(`"${symbol}"`);
  }

  /** An identifier: in backticks, or a word that is not reserved. */
  isIdentifier(ahead = 0): boolean {
    const token = this.peek(ahead);
    if (token.kind === "quoted") return true;
    return token.kind === "id" && !reservedWords.has(token.text.toUpperCase());
  }

  identifier(): Name {
    if (!this.isIdentifier()) throw this.unexpected();
    const token = this.next();
    return { text: token.text, pos: token.start };
  }

  /** After a dot any word will do. */
  memberName(): Name {
    const token = this.peek();
    if (token.kind !== "id" && token.kind !== "quoted") throw this.unexpected();
    this.next();
    return { text: token.text, pos: token.start };
  }

  /** `AS alias`, or an alias without AS. */
  alias(): Name | null {
    if (this.acceptWord("AS")) return this.identifier();
    return this.isIdentifier() ? this.identifier() : null;
  }

  list<T>(item: () => T): T[] {
    const items = [item()];
    while (this.acceptSymbol(",")) items.push(item());
    return items;
  }

  parens<T>(content: () => T): T {
    this.expectSymbol("(");
    const result = content();
    this.expectSymbol(")");
    return result;
  }

  nested<T>(content: () => T): T {
    if (++this.depth > maxDepth) {
      throw syntaxError(this.sql, this.pos, "Query is too complex: nested too deeply");
    }
    try {
      return content();
    } finally {
      this.depth--;
    }
  }

  unexpected(): WarehouseError {
    return syntaxError(this.sql, this.pos, `Unexpected ${this.describe()}`);
  }

  expected(what: string): WarehouseError {
    if (this.peek().kind === "eof") return this.unexpected();
    return syntaxError(this.sql, this.pos, `Expected ${what} but got ${this.describe()}`);
  }

  private describe(): string {
    const token = this.peek();
    const written = this.sql.slice(token.start, token.end);
    switch (token.kind) {
      case "eof":
        return "end of script";
      case "id":
        return reservedWords.has(token.text.toUpperCase())
          ? `keyword ${token.text.toUpperCase()}`
          : `identifier "${token.text}"`;
      case "quoted":
        return `identifier ${written}`;
      case "int":
        return `integer literal "${written}"`;
      case "float":
        return `floating point literal "${written}"`;
      case "string":
        return `string literal ${written}`;
      case "bytes":
        return `bytes literal ${written}`;
      default:
        return `"${written}"`;
    }
  }
}
