import type { Tokens } from "./lexer.ts";
import { splitReference } from "./match-reference.ts";
import { scanTables } from "./scan-references.ts";
import { readPath, startsName } from "./table-path.ts";

/**
 * The SQL with tables taken for something else: `replacement` gets the `dataset.name` of each table
 * that it reads, and answers a query in parentheses, or null to leave it. A name without a dataset is
 * of the default one. A table without an alias keeps its own name as one. Names of common table
 * expressions, columns, strings and comments stay; so do wildcards.
 */
export function replaceTables(
  sql: string,
  defaults: { projectId: string; dataset: string },
  replacement: (name: string) => string | null,
): { sql: string; replaced: number } {
  const { tokens, found } = scanTables(sql, { legacySql: false });
  let made = "";
  let copied = 0;
  let replaced = 0;
  for (const { name, at } of found.toSorted((one, other) => one.at - other.at)) {
    const split = nameOf(name, defaults);
    const query = split ? replacement(split.join(".")) : null;
    const next = readPath(tokens, at)?.next;
    if (!split || query === null || next === undefined) continue;
    made += sql.slice(copied, tokens.starts[at]) + query;
    if (!hasAlias(tokens, next)) made += ` AS \`${split[1]}\``;
    copied = tokens.ends[next - 1] ?? sql.length;
    replaced += 1;
  }
  return { sql: made + sql.slice(copied), replaced };
}

/** Dataset and table of a name of ours; null of another project's, and of a wildcard. */
function nameOf(
  path: string,
  { projectId, dataset }: { projectId: string; dataset: string },
): [dataset: string, table: string] | null {
  const split = splitReference(path, projectId);
  if (!split || split.isWildcard || (split.project ?? projectId) !== projectId) return null;
  return [split.dataset ?? dataset, split.name];
}

function hasAlias(tokens: Tokens, at: number): boolean {
  return tokens.codes[at] === "AS" || startsName(tokens, at);
}
