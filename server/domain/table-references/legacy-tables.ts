import type { Tokens } from "./lexer.ts";
import { readPath, textOf } from "./table-path.ts";

/** The functions of legacy SQL that stand for many tables; each answers a wildcard. */
export const legacyTableFunctions = new Set([
  "TABLE_DATE_RANGE",
  "TABLE_DATE_RANGE_STRICT",
  "TABLE_QUERY",
]);

/** A table at a token: `[p:d.t]`, or a plain path. */
export function readLegacyTable(tokens: Tokens, at: number): { name: string; next: number } | null {
  return tokens.codes[at] === "[" ? readBracketed(tokens, at) : readPath(tokens, at);
}

/** `[p:d.t]`, `[d.t]` or `[d.t@-3600000-]`: the name with dots, without its decorator. */
export function readBracketed(tokens: Tokens, at: number): { name: string; next: number } | null {
  const start = (tokens.starts[at] ?? 0) + 1;
  const matched = bracketed.exec(tokens.text.slice(start, start + maxBracketed));
  if (!matched?.[1]) return null;
  const end = start + matched[0].length;
  let next = at + 1;
  while (next < tokens.starts.length && (tokens.starts[next] ?? end) < end) next += 1;
  return { name: dotted(matched[1]), next };
}

/** Project 63, dataset and table 1,024 each, decorator and separators. */
const maxBracketed = 2_400;
const bracketed = /^\s*([\w:.*-]+)(?:[@$][\w@$-]*)?\s*\]/;

/** `p:d.t` → `p.d.t`; the first colon of `example.com:p:d.t` belongs to the project's name. */
function dotted(name: string): string {
  const colon = name.lastIndexOf(":");
  return colon < 0 ? name : `${name.slice(0, colon)}.${name.slice(colon + 1)}`;
}

/** The wildcard that a legacy table function's arguments stand for; `open` is its parenthesis. */
export function readLegacyWildcard(
  tokens: Tokens,
  functionName: string,
  open: number,
): string | null {
  const first = readLegacyTable(tokens, open + 1);
  if (!first) return null;
  if (functionName !== "TABLE_QUERY") return `${first.name}*`;
  const condition = tokens.codes[first.next] === "," ? first.next + 1 : -1;
  if (tokens.kinds[condition] !== "string") return `${first.name}.*`;
  return `${first.name}.${tableQueryPattern(textOf(tokens, condition))}`;
}

/**
 * The tables that a TABLE_QUERY condition lets through, as one pattern: what its one comparison of
 * table_id with a literal fixes of the name's start, `*` where it fixes nothing.
 */
function tableQueryPattern(literal: string): string {
  const condition = unquote(literal);
  if (/\b(or|not)\b/i.test(condition)) return "*";
  const equal = /\btable_id\s*=\s*(['"])(\w+)\1/i.exec(condition);
  if (equal?.[2]) return equal[2];
  const like = /\btable_id\s+like\s+(['"])([^%'"]*)%/i.exec(condition);
  // LIKE's `_` stands for any letter, but in these conditions it is the names' own underscore.
  if (like?.[2] !== undefined) return `${like[2]}*`;
  const left = /\bleft\s*\(\s*table_id\s*,\s*\d+\s*\)\s*=\s*(['"])(\w+)\1/i.exec(condition);
  if (left?.[2]) return `${left[2]}*`;
  const match = /\bregexp_match\s*\(\s*table_id\s*,\s*r?(['"])\^(\w*)(.?)/i.exec(condition);
  if (match?.[2] === undefined) return "*";
  // The letter before a quantifier or within an alternative may be missing from the name.
  if (condition.includes("|")) return "*";
  return `${/[?*{]/.test(match[3] ?? "") ? match[2].slice(0, -1) : match[2]}*`;
}

/** A string literal's inside, whatever its quotes; escaped quotes as plain ones. */
function unquote(literal: string): string {
  const body = literal.replace(/^(r|b|rb|br)(?=['"])/i, "");
  const width = /^('''|""")/.test(body) ? 3 : 1;
  return body.slice(width, -width).replace(/\\(['"])/g, "$1");
}
