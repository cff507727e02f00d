import type { Catalog } from "./catalog.ts";
import type { JobPlan } from "./context.ts";
import type { ReadAsOf } from "./contract.ts";
import { tableKey } from "./documents.ts";

/**
 * What a compiled statement relies on that reads FOR SYSTEM_TIME AS OF: a former state may lie in the
 * first rows of the live relation, which another job may rewrite in its place. So the tables are held
 * like those that the statement writes, and it is compiled again where what it names is elsewhere.
 */
export function formerReads(
  catalog: Catalog,
  reads: ReadAsOf[],
): Pick<JobPlan, "locks" | "stillValid"> {
  const seen = reads.map((read) => placeOf(catalog, read));
  return {
    locks: reads.map(({ table }) => tableKey(table)),
    stillValid: () => reads.every((read, i) => placeOf(catalog, read) === seen[i]),
  };
}

/** Rows that are only added leave it as it is, so that no stream of them keeps a reader waiting. */
function placeOf(catalog: Catalog, { table, instant }: ReadAsOf): unknown {
  const version = catalog.versionAt(table, instant);
  return version ? `${version.document.relation} ${version.rows}` : catalog.table(table);
}
