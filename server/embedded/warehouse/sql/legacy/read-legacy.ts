import { WarehouseError } from "../../contract.ts";
import type { Context } from "../analyze/context.ts";
import type { Query } from "../parse/ast.ts";
import { notSupported } from "../parse/positions.ts";
import { parseSingleQuery } from "../parse/statements.ts";
import { checkLegacy } from "./check-legacy.ts";
import { type DateRange, unionTables } from "./legacy-tables.ts";

/**
 * Legacy SQL: the part of it that means the same as standard SQL, read by the parser of that. Names
 * in brackets, commas that unite tables, TABLE_DATE_RANGE and EACH are turned first, into text of the
 * same length, so that positions stay. All else is refused by name.
 */
export function readLegacy(ctx: Context, sql: string): Query {
  const ranges = new Map<string, DateRange>();
  const text = withRanges(withoutEach(withoutBrackets(sql)), ranges);
  const query = parse(text);
  return checkLegacy(ctx, unionTables(ctx, query, ranges));
}

function parse(text: string): Query {
  try {
    return parseSingleQuery(text);
  } catch (error) {
    if (!(error instanceof WarehouseError) || error.reason === "notImplemented") throw error;
    throw notSupported(`this legacy SQL (as standard SQL: ${error.message})`);
  }
}

/** Strings and comments, which are left as they are, and names in brackets. */
const pieces =
  /'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|--[^\n]*|#[^\n]*|\/\/[^\n]*|\/\*[\s\S]*?\*\/|\[([^\]\n]*)\]/g;

function withoutBrackets(sql: string): string {
  return sql.replace(pieces, (piece: string, name: string | undefined) => {
    if (name === undefined) return quoted(piece);
    const [table = "", ...decorators] = name.split("@");
    // `@0` is the oldest state that BigQuery has, and `@a-b` what was added between two.
    if (decorators.length > 0 && !/^-?[1-9]\d*$/.test(decorators.join("@"))) {
      throw notSupported(`the table decorator of legacy SQL in [${name}]`);
    }
    if (!/^[\w.:$-]+$/.test(table)) throw notSupported(`the name [${name}] of legacy SQL`);
    return `\`${name.replace(":", ".")}\``;
  });
}

function quoted(piece: string): string {
  if (/^['"]/.test(piece) && piece.includes("\\")) throw notSupported("escapes in legacy SQL");
  // Standard SQL has no such comments.
  return piece.startsWith("//") ? " ".repeat(piece.length) : piece;
}

/** JOIN EACH and GROUP EACH BY are hints. */
function withoutEach(sql: string): string {
  return sql.replace(/\b(JOIN|GROUP)(\s+)EACH\b/gi, (_, word: string, space: string) => {
    return `${word}${space}    `;
  });
}

const range =
  /\bTABLE_DATE_RANGE\s*\(\s*`([\w.$-]+)`\s*,\s*TIMESTAMP\s*\(\s*['"](\d{4}-\d\d-\d\d)['"]\s*\)\s*,\s*TIMESTAMP\s*\(\s*['"](\d{4}-\d\d-\d\d)['"]\s*\)\s*\)/gi;

function withRanges(sql: string, ranges: Map<string, DateRange>): string {
  return sql.replace(range, (whole, prefix: string, from: string, to: string) => {
    const name = `__range_${ranges.size + 1}`;
    ranges.set(name, { prefix, from, to });
    return `\`${name}\``.padEnd(whole.length);
  });
}
