import { isReserved } from "./keywords.ts";
import type { Tokens } from "./lexer.ts";

/** A table's name as it stands in the SQL. */
export interface TablePath {
  /** Without backticks and spaces: `p.d.t`, `d.t`, `t`; `d.prefix*` for a wildcard. */
  name: string;
  /** The first part in lower case where it could be an alias of the FROM clause, else null. */
  root: string | null;
  /** The last part in lower case: the alias that the table gets by itself. */
  last: string;
  /** The token behind it. */
  next: number;
}

/** The path that starts at a token, or null where no name stands there. */
export function readPath(tokens: Tokens, start: number): TablePath | null {
  if (!startsName(tokens, start)) return null;
  const parts: string[] = [];
  let isPlainRoot = tokens.kinds[start] === "word" || !textOf(tokens, start).includes(".");
  let separators = "";
  let at = start;
  for (;;) {
    const part = readPart(tokens, at);
    if (!part) break;
    parts.push(part.name);
    if (parts.length === 1 && part.isDashed) isPlainRoot = false;
    at = part.next;
    if (!continuesPath(tokens, at)) break;
    separators += tokens.codes[at];
    at += 1;
  }
  const name = joinParts(parts, separators);
  if (name === "") return null;
  const dotted = name.split(".");
  const root = parts.length > 1 && isPlainRoot ? (parts[0] ?? "").toLowerCase() : null;
  return { name, root, last: (dotted.at(-1) ?? "").toLowerCase(), next: at };
}

/** Whether a name, and no keyword, stands at a token. */
export function startsName(tokens: Tokens, at: number): boolean {
  if (tokens.kinds[at] === "quoted") return true;
  if (tokens.kinds[at] !== "word" || isReserved(tokens.codes[at] ?? "")) return false;
  const first = tokens.text.charCodeAt(tokens.starts[at] ?? 0);
  return first < 48 || first > 57;
}

/** A name's text without its backticks. */
export function textOf(tokens: Tokens, at: number): string {
  const start = tokens.starts[at] ?? 0;
  const end = tokens.ends[at] ?? 0;
  if (tokens.kinds[at] !== "quoted") return tokens.text.slice(start, end);
  const isClosed = end - start > 1 && tokens.text[end - 1] === "`";
  return tokens.text.slice(start + 1, isClosed ? end - 1 : end).replaceAll("\\`", "`");
}

/** A dot, or the colon right between a legacy project and its dataset. */
function continuesPath(tokens: Tokens, at: number): boolean {
  const isNext = tokens.kinds[at + 1] === "word" || tokens.kinds[at + 1] === "quoted";
  if (tokens.codes[at] === ".") return isNext || tokens.codes[at + 1] === "*";
  return tokens.codes[at] === ":" && isNext && isAdjacent(tokens, at) && isAdjacent(tokens, at + 1);
}

function isAdjacent(tokens: Tokens, at: number): boolean {
  return tokens.ends[at - 1] === tokens.starts[at];
}

/** One part: a quoted name, or words joined by dashes, with the star of a wildcard. */
function readPart(tokens: Tokens, start: number) {
  if (tokens.kinds[start] === "quoted") {
    return { name: textOf(tokens, start), isDashed: false, next: start + 1 };
  }
  if (tokens.codes[start] === "*") return { name: "*", isDashed: false, next: start + 1 };
  if (tokens.kinds[start] !== "word") return null;
  let at = start + 1;
  while (tokens.codes[at] === "-" && tokens.kinds[at + 1] === "word") {
    if (!isAdjacent(tokens, at) || !isAdjacent(tokens, at + 1)) break;
    at += 2;
  }
  const isDashed = at > start + 1;
  if (tokens.codes[at] === "*" && isAdjacent(tokens, at)) at += 1;
  const name = tokens.text.slice(tokens.starts[start], tokens.ends[at - 1]);
  return { name, isDashed, next: at };
}

/** A colon stays where it parts a domain from its project (`example.com:p.d.t`). */
function joinParts(parts: string[], separators: string): string {
  let name = "";
  for (const [index, part] of parts.entries()) {
    const separator = separators[index - 1] ?? "";
    name += separator === ":" && !name.includes(".") ? "." : separator;
    name += part;
  }
  return name;
}
