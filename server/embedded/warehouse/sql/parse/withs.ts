import type { Query } from "./ast.ts";
import type { Cursor } from "./cursor.ts";

/** What stands after WITH [RECURSIVE]. */
export function parseWiths(c: Cursor): Query["withs"] {
  const withs: Query["withs"] = [];
  do {
    // BigQuery takes a comma after the last one.
    if (withs.length > 0 && endsWiths(c)) break;
    const name = c.identifier();
    c.expectWord("AS");
    withs.push({ name, query: c.parens(() => c.parseQuery(c)) });
  } while (c.acceptSymbol(","));
  return withs;
}

function endsWiths(c: Cursor): boolean {
  return c.isWord("SELECT") || c.isWord("FROM") || c.isSymbol("(") || c.isSymbol("|>");
}
