import { type Tokens, tokenize } from "./lexer.ts";
import { splitReference } from "./match-reference.ts";
import { readPath, startsName } from "./table-path.ts";

/**
 * The SQL with tables taken for something else: `replacement` gets each `dataset.name` that stands
 * where a table might, and answers a query in parentheses, or null to leave it. A table without an
 * alias keeps its own name as one. Names in strings and comments stay; so do wildcards.
 */
export function replaceTables(
  sql: string,
  projectId: string,
  replacement: (name: string) => string | null,
): { sql: string; replaced: number } {
  const tokens = tokenize(sql, { legacySql: false });
  let made = "";
  let copied = 0;
  let replaced = 0;
  let next = 0;
  for (let at = 0; at < tokens.kinds.length; at = next) {
    const path = tokens.codes[at - 1] === "." ? null : readPath(tokens, at);
    next = path?.next ?? at + 1;
    const name = path && nameOf(path.name, projectId);
    const query = name ? replacement(name.join(".")) : null;
    if (!name || query === null) continue;
    made += sql.slice(copied, tokens.starts[at]) + query;
    if (!hasAlias(tokens, next)) made += ` AS \`${name[1]}\``;
    copied = tokens.ends[next - 1] ?? sql.length;
    replaced += 1;
  }
  return { sql: made + sql.slice(copied), replaced };
}

/** Dataset and table of a name of ours; null of another project's, and without a dataset. */
function nameOf(path: string, projectId: string): [dataset: string, table: string] | null {
  const split = splitReference(path, projectId);
  if (!split?.dataset || (split.project ?? projectId) !== projectId) return null;
  return [split.dataset, split.name];
}

function hasAlias(tokens: Tokens, at: number): boolean {
  return tokens.codes[at] === "AS" || startsName(tokens, at);
}
