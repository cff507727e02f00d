import { parse, type Statement } from "pgsql-ast-parser";
import { MaestroError } from "../../shared/errors.ts";

interface Limits {
  /** What is read, for messages: "an import's SQL". */
  what: string;
  /** The grammar is Earley's: its time grows with the cube of the worst input. */
  maxLength: number;
  maxNesting: number;
  /** What it may be, where something unexpected stands in it. */
  expected: string;
}

/** PostgreSQL's SQL as its statements; throws `invalidSql` with the position of what is no SQL. */
export function parseSqlText(sql: string, limits: Limits): Statement[] {
  checkSize(sql, limits);
  try {
    return parse(sql, { locationTracking: true });
  } catch (error) {
    throw syntaxError(sql, error, limits.expected);
  }
}

function checkSize(sql: string, { what, maxLength, maxNesting }: Limits): void {
  if (sql.length > maxLength) {
    throw new MaestroError("invalidSql", `${what} is at most ${maxLength} characters`);
  }
  let depth = 0;
  for (const character of sql) {
    if (character === "(" || character === "[") depth += 1;
    if (character === ")" || character === "]") depth -= 1;
    if (depth > maxNesting) {
      throw new MaestroError("invalidSql", `${what} nests at most ${maxNesting} deep`);
    }
  }
}

/** The parser's own message goes on for pages about its grammar's state. */
function syntaxError(sql: string, error: unknown, expected: string): MaestroError {
  const token = tokenOf(error);
  if (!token) {
    const lines = sql.split("\n");
    return new MaestroError(
      "invalidSql",
      "the SQL ends too early, or has a character unknown here",
      {
        position: { line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1 },
      },
    );
  }
  return new MaestroError("invalidSql", `unexpected ${JSON.stringify(token.text)}: ${expected}`, {
    position: { line: token.line, column: token.col },
  });
}

function tokenOf(error: unknown): { text: string; line: number; col: number } | null {
  if (typeof error !== "object" || error === null || !("token" in error)) return null;
  const token = error.token as { text?: unknown; line?: unknown; col?: unknown } | undefined;
  return typeof token?.text === "string" &&
    typeof token.line === "number" &&
    typeof token.col === "number"
    ? { text: token.text, line: token.line, col: token.col }
    : null;
}
