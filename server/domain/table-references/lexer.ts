import { type Keyword, keywordAt, noKeyword } from "./keywords.ts";

/** `word` is an unquoted name, keyword or number; `mark` one other character, `|>` or `=>`. */
export type TokenKind = "word" | "quoted" | "string" | "mark";

/**
 * The tokens of one SQL text, comments and hints left out, as parallel arrays: a text of a megabyte
 * has hundreds of thousands of tokens. Ends are exclusive.
 */
export interface Tokens {
  text: string;
  kinds: TokenKind[];
  /** The mark's characters, the word's keyword, or empty. */
  codes: string[];
  starts: number[];
  ends: number[];
  /** For each `(` the index of its `)`, else -1. */
  closers: number[];
}

const other = 0;
const space = 1;
const nameChar = 2;
const charClasses = makeCharClasses();

function makeCharClasses(): Uint8Array {
  const classes = new Uint8Array(128);
  for (const char of " \t\n\r\f\v") classes[char.charCodeAt(0)] = space;
  const names = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_$";
  for (const char of names) classes[char.charCodeAt(0)] = nameChar;
  return classes;
}

/** Beyond ASCII, spaces of every kind separate and all else is taken for a name's letter. */
function classOf(code: number): number {
  if (code < 128) return charClasses[code] ?? other;
  const isSpace = code === 0xa0 || code === 0xfeff || code === 0x3000 || code === 0x2028;
  return isSpace || (code >= 0x2000 && code <= 0x200b) || code === 0x2029 ? space : nameChar;
}

/** Never fails: what is left open is taken to end with its line, or with the text. */
export function tokenize(text: string, options: { legacySql: boolean }): Tokens {
  const lexer = new Lexer(text, options.legacySql);
  lexer.run();
  return lexer.tokens;
}

class Lexer {
  readonly tokens: Tokens;
  private readonly text: string;
  private readonly legacySql: boolean;
  private readonly open: number[] = [];
  private inHint = false;

  constructor(text: string, legacySql: boolean) {
    this.text = text;
    this.legacySql = legacySql;
    this.tokens = { text, kinds: [], codes: [], starts: [], ends: [], closers: [] };
  }

  run(): void {
    const { text } = this;
    for (let at = 0; at < text.length; ) {
      const code = text.charCodeAt(at);
      const charClass = classOf(code);
      if (charClass === space) at += 1;
      else if (charClass === nameChar) at = this.word(at);
      else at = this.special(at, code);
    }
  }

  private word(start: number): number {
    const { text } = this;
    let end = start + 1;
    while (end < text.length && classOf(text.charCodeAt(end)) === nameChar) end += 1;
    if (end - start <= 2 && isStringPrefix(text, start, end)) return this.string(start, end);
    if (isDigit(text.charCodeAt(start)) && !this.continuesPath(start)) {
      end = skipFraction(text, end);
    }
    const before = start > 0 ? text[start - 1] : "";
    const isName = this.followsDot() || before === "@";
    this.push("word", isName ? noKeyword : keywordAt(text, start, end), start, end);
    return end;
  }

  /** `123` in `my-project-123.d.t` and in `d.123_t` is a part of a name, not a number. */
  private continuesPath(start: number): boolean {
    return this.followsDot() || (start > 1 && this.text[start - 1] === "-" && this.followsDash());
  }

  private followsDash(): boolean {
    const { starts, ends, kinds } = this.tokens;
    const last = starts.length - 1;
    return last > 0 && kinds[last - 1] === "word" && ends[last - 1] === starts[last];
  }

  private followsDot(): boolean {
    return this.tokens.codes.at(-1) === ".";
  }

  private special(at: number, code: number): number {
    const { text } = this;
    const next = text.charCodeAt(at + 1);
    const pair = code * 256 + (next < 128 ? next : 0);
    if (code === 35 || pair === 0x2d2d || (this.legacySql && pair === 0x2f2f)) {
      return endOfLine(text, at);
    }
    if (pair === 0x2f2a) return endOfComment(text, at);
    if (code === 39 || code === 34) return this.string(at, at);
    if (code === 96) return this.quoted(at);
    if (pair === 0x7c3e || pair === 0x3d3e) {
      this.push("mark", text.slice(at, at + 2), at, at + 2);
      return at + 2;
    }
    this.mark(at, text[at] ?? "");
    return at + 1;
  }

  private mark(at: number, char: string): void {
    const { tokens } = this;
    if (this.inHint) {
      if (char === "}") this.inHint = false;
      return;
    }
    if (char === "{" && tokens.codes.at(-1) === "@") {
      // `@{…}` stands between any two tokens and never names a table.
      for (const list of [tokens.kinds, tokens.codes, tokens.starts, tokens.ends, tokens.closers]) {
        list.pop();
      }
      this.inHint = true;
      return;
    }
    const index = tokens.kinds.length;
    this.push("mark", char, at, at + 1);
    if (char === "(") this.open.push(index);
    if (char === ")") {
      const opener = this.open.pop();
      if (opener !== undefined) tokens.closers[opener] = index;
    }
  }

  /** A literal whose quote stands at `quoteAt`; a prefix makes it start before. */
  private string(start: number, quoteAt: number): number {
    const end = endOfString(this.text, quoteAt);
    this.push("string", "", start, end);
    return end;
  }

  private quoted(start: number): number {
    const end = endOfQuoted(this.text, start, 96, 1);
    this.push("quoted", "", start, end);
    return end;
  }

  private push(kind: TokenKind, code: Keyword, start: number, end: number): void {
    if (this.inHint) return;
    const { kinds, codes, starts, ends, closers } = this.tokens;
    kinds.push(kind);
    codes.push(code);
    starts.push(start);
    ends.push(end);
    closers.push(-1);
  }
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

/** `r`, `b`, `rb` or `br` right before a quote. */
function isStringPrefix(text: string, start: number, end: number): boolean {
  const quote = text.charCodeAt(end);
  return (quote === 39 || quote === 34) && /^(r|b|rb|br)$/i.test(text.slice(start, end));
}

/** The end of a number whose whole part ends at `end`: `1.5`, and `1.` before a keyword. */
function skipFraction(text: string, end: number): number {
  if (text[end] !== ".") return end;
  let at = end + 1;
  while (isDigit(text.charCodeAt(at))) at += 1;
  return at;
}

function endOfLine(text: string, at: number): number {
  let end = at;
  while (end < text.length && !isLineEnd(text.charCodeAt(end))) end += 1;
  return end;
}

function isLineEnd(code: number): boolean {
  return code === 10 || code === 13;
}

function endOfComment(text: string, at: number): number {
  const close = text.indexOf("*/", at + 2);
  return close < 0 ? text.length : close + 2;
}

function endOfString(text: string, quoteAt: number): number {
  const quote = text.charCodeAt(quoteAt);
  const isTriple = text.charCodeAt(quoteAt + 1) === quote && text.charCodeAt(quoteAt + 2) === quote;
  return endOfQuoted(text, quoteAt, quote, isTriple ? 3 : 1);
}

/** A backslash keeps the next character from closing, in raw strings too. */
function endOfQuoted(text: string, openAt: number, quote: number, width: number): number {
  for (let at = openAt + width; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === 92) at += 1;
    else if (code === quote && closes(text, at, quote, width)) return at + width;
    else if (width === 1 && isLineEnd(code)) return at;
  }
  return text.length;
}

function closes(text: string, at: number, quote: number, width: number): boolean {
  if (width === 1) return true;
  return text.charCodeAt(at + 1) === quote && text.charCodeAt(at + 2) === quote;
}
