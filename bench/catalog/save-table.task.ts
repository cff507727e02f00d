import { createSqlParser } from "../../server/connectors/sql-parser.ts";
import { findCycleThrough } from "../../server/domain/graph.ts";
import { indexCatalog } from "../../server/domain/table-references/match-reference.ts";
import { mergeReferences } from "../../server/domain/table-references/merge-references.ts";
import { generateCatalog } from "./generate-catalog.ts";

const project = "northwind-analytics-prod";

/**
 * What a save does in memory, with the catalog as the database gives it: references of the one
 * table by both layers, matched against 10,000 tables, and a search for a cycle through it.
 */
export async function prepare(size: number): Promise<() => Promise<number>> {
  const { tables } = generateCatalog(size);
  const catalogued = tables.map(({ dataset, name }, id) => ({ id, dataset, name }));
  const parser = createSqlParser();
  const index = indexCatalog(catalogued, { project });
  const edges = tables.flatMap(({ sources }, child) =>
    sources.flatMap((source) => index.match(source).map((parent) => [parent.id, child] as const)),
  );
  const ids = catalogued.map(({ id }) => id);
  const save = async (at: number, salt: string) => {
    const sql = `${tables[at]?.sql}\n-- ${salt}`;
    const { ast, astError, scanner } = await parser.references(sql, { legacySql: false });
    const merged = mergeReferences(
      { ast, astError, scanner, dryRun: null, manual: [], ignored: [] },
      { defaultProject: project },
    );
    const fresh = indexCatalog(catalogued, { project });
    const parents = merged.references.flatMap(({ name }) => fresh.match(name));
    const kept = edges
      .filter(([, child]) => child !== at)
      .map(([a, b]): [number, number] => [a, b]);
    for (const parent of parents) kept.push([parent.id, at]);
    if (findCycleThrough({ ids, edges: kept }, at)) throw new Error("the catalog has no cycle");
    return parents.length;
  };
  for (let call = 0; call < 5; call += 1) await save(size - 1 - call, `warm ${call}`);
  return async () => {
    const count = await save(Math.floor(size / 2), "timed");
    setImmediate(() => void parser.close());
    return count;
  };
}
