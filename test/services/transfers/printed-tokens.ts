import type { DatabaseKind } from "../../../shared/database.ts";

/*
 * The printed SELECT in the words of its dialect, read by rules that have nothing to do with how it was
 * printed: what is quoted, and outside of quotes only words that a restricted SELECT is made of.
 */

const quoted: Record<DatabaseKind, string> = {
  postgres: `"(?:[^"]|"")*"|'(?:[^']|'')*'`,
  mysql: "`(?:[^`]|``)*`|_utf8mb4'[A-Za-z0-9 _.,:@%+=-]*'|_utf8mb4 x'(?:[0-9a-f]{2})*'",
};

const clauses = new Set(
  `select from as where and or not in between like ilike is null true false case when then else end
   cast limit extract array escape at time zone current_date current_time current_timestamp localtime
   localtimestamp`.split(/\s+/),
);

/** Throws where the text is anything else than one SELECT of one table. */
export function checkTokens(select: string, kind: DatabaseKind): void {
  const tokens = readTokens(select, kind);
  const words = tokens.filter((one) => /^[a-z]/i.test(one)).map((one) => one.toLowerCase());
  const count = (word: string) => words.filter((one) => one === word).length;
  const isOne = tokens[0] === "SELECT" && count("select") === 1;
  if (!isOne || count("from") - count("extract") !== 1)
    throw new Error(`not one SELECT: ${select}`);
  const unknown = tokens.find((one, at) => {
    if (!/^[a-z]/i.test(one) || one.startsWith("_utf8mb4") || clauses.has(one.toLowerCase())) {
      return false;
    }
    return tokens[at + 1] !== "(" && !one.startsWith("pg_catalog.") && !isFieldOrType(tokens, at);
  });
  if (unknown !== undefined) throw new Error(`the word ${unknown}: ${select}`);
}

/** Only blanks may stand between tokens, so that no two make a comment. */
function readTokens(select: string, kind: DatabaseKind): string[] {
  const operators = [
    ..."<= >= <> != || ->> -> #>> @> <@ ?| ?& ? &&".split(" "),
    ..."-+*/%=<>(),.[]",
  ];
  const escaped = operators.map((one) => one.replaceAll(/[.*+?^${}()|[\]\\/-]/g, "\\$&"));
  const word = "[a-zA-Z_][a-zA-Z_0-9]*(?:\\.[a-z_0-9]+)?";
  const token = new RegExp(
    ` |--|/\\*|${quoted[kind]}|\\d+\\.?\\d*|\\.\\d+|${word}|${escaped.join("|")}`,
    "y",
  );
  const tokens: string[] = [];
  while (token.lastIndex < select.length) {
    const at = token.lastIndex;
    const found = token.exec(select)?.[0];
    if (found === undefined || found === "--" || found === "/*") {
      throw new Error(`no token at ${select.slice(at, at + 40)}: ${select}`);
    }
    if (found !== " ") tokens.push(found);
  }
  return tokens;
}

/** `EXTRACT(field FROM`, and `AS type)`. */
function isFieldOrType(tokens: string[], at: number): boolean {
  const before = tokens[at - 2]?.toUpperCase();
  return (before === "EXTRACT" && tokens[at - 1] === "(") || tokens[at - 1] === "AS";
}
