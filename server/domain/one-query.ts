import { type Tokens, tokenize } from "./table-references/lexer.ts";

const queryWords = new Set(["SELECT", "WITH", "FROM", "GRAPH"]);

/**
 * Whether the SQL is one query, after any temporary functions: then BigQuery stores its rows in a
 * destination table. A script, DDL or DML says itself where its rows go, and BigQuery refuses a
 * destination for those. Legacy SQL has nothing but queries.
 */
export function isOneQuery(query: string, { legacySql }: { legacySql: boolean }): boolean {
  if (legacySql) return true;
  const tokens = tokenize(query, { legacySql });
  let queries = 0;
  let isStart = true;
  for (let at = 0; at < tokens.kinds.length; at += 1) {
    const mark = tokens.kinds[at] === "mark" ? tokens.codes[at] : "";
    if (mark === ";") isStart = true;
    if (!isStart || mark === ";" || mark === "(") continue;
    isStart = false;
    if (queryWords.has(wordAt(tokens, at))) queries += 1;
    else if (!createsFunction(tokens, at)) return false;
  }
  return queries === 1;
}

/** CREATE [OR REPLACE] TEMP [AGGREGATE] FUNCTION. */
function createsFunction(tokens: Tokens, start: number): boolean {
  if (wordAt(tokens, start) !== "CREATE") return false;
  let at = start + 1;
  if (wordAt(tokens, at) === "OR") at += 2;
  if (!["TEMP", "TEMPORARY"].includes(wordAt(tokens, at))) return false;
  if (wordAt(tokens, at + 1) === "AGGREGATE") at += 1;
  return wordAt(tokens, at + 1) === "FUNCTION";
}

function wordAt({ text, kinds, starts, ends }: Tokens, at: number): string {
  return kinds[at] === "word" ? text.slice(starts[at], ends[at]).toUpperCase() : "";
}
