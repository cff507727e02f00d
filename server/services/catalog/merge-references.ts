import type { ReferenceSource } from "../../../shared/table.ts";
import type { SqlReferences } from "../../connectors/sql-parser.ts";
import type { StoredReference } from "../../db/table-references.ts";
import { splitReference } from "../../domain/table-references/match-reference.ts";

/** What each way of reading a table's dependencies found. Null: that way was not gone or failed. */
export interface FoundReferences {
  sql: SqlReferences | null;
  /** `project.dataset.table`, as BigQuery answers them. */
  dryRun: string[] | null;
  extraParents: string[];
  ignoredParents: string[];
}

export interface MergedReferences {
  references: StoredReference[];
  warnings: string[];
}

/** BigQuery's list of referenced tables is incomplete from here on. */
const dryRunListLimit = 50;

/**
 * The union of what all found, one reference a table: names of one table in different spellings
 * are one, in the spelling of the SQL. Names without a dataset are of the table's own dataset;
 * names of another project match nothing in the catalog. Disagreements come back as sentences.
 */
export function mergeReferences(
  found: FoundReferences,
  own: { projectId: string; dataset: string },
): MergedReferences {
  const byKey = new Map<string, StoredReference>();
  const add = (source: string, foundBy: ReferenceSource, ignored = false) => {
    const reference = resolveName(source, own);
    if (!reference) return;
    const key = keyOf(reference);
    const known = byKey.get(key);
    if (!known) {
      byKey.set(key, { ...reference, foundBy: [foundBy], ignored });
      return;
    }
    if (!known.foundBy.includes(foundBy)) known.foundBy.push(foundBy);
    known.ignored ||= ignored;
  };
  for (const source of found.sql?.ast ?? []) add(source, "ast");
  for (const source of found.sql?.scanner ?? []) add(source, "scanner");
  const wildcards = [...byKey.values()].filter((reference) => reference.isWildcard);
  for (const source of found.dryRun ?? []) {
    const reference = resolveName(source, own);
    // BigQuery may list the shards that a wildcard stands for: they are its parents already.
    const covered = reference && wildcards.some((wildcard) => covers(wildcard, reference));
    if (!covered) add(source, "dryRun");
  }
  for (const source of found.extraParents) add(source, "manual");
  for (const source of found.ignoredParents) add(source, "manual", true);
  const references = uniqueSources([...byKey.values()]);
  return { references, warnings: disagreements(found, references) };
}

/** Null for what is no table of a catalog, such as INFORMATION_SCHEMA. */
function resolveName(
  source: string,
  own: { projectId: string; dataset: string },
): Omit<StoredReference, "foundBy" | "ignored"> | null {
  const split = splitReference(source, own.projectId);
  if (!split) return null;
  const { project, dataset, name, isWildcard } = split;
  const ours = project === null || project === own.projectId;
  return { source, dataset: ours ? (dataset ?? own.dataset) : null, name, isWildcard };
}

function keyOf(reference: Omit<StoredReference, "foundBy" | "ignored">): string {
  // A name of another project has no dataset of ours; its spelling is all there is.
  const place = reference.dataset ?? `\n${reference.source}`;
  return `${place}.${reference.name}${reference.isWildcard ? "*" : ""}`;
}

function covers(
  wildcard: StoredReference,
  reference: { dataset: string | null; name: string; isWildcard: boolean },
): boolean {
  return (
    !reference.isWildcard &&
    wildcard.dataset === reference.dataset &&
    reference.name.startsWith(wildcard.name)
  );
}

/** `source` is the key of the stored rows; two spellings can collide only across projects. */
function uniqueSources(references: StoredReference[]): StoredReference[] {
  const bySource = new Map(references.map((reference) => [reference.source, reference]));
  return [...bySource.values()].sort((a, b) => (a.source < b.source ? -1 : 1));
}

function disagreements(found: FoundReferences, references: StoredReference[]): string[] {
  const { sql, dryRun } = found;
  const warnings: string[] = [];
  if (sql?.ast === null) {
    const why = sql.astError === null ? "" : ` (${sql.astError})`;
    warnings.push(
      `The parser could not read this SQL${why}: its tables were found by the scanner alone.`,
    );
  }
  for (const reference of references) {
    if (sql?.ast) warnings.push(...withinSql(reference));
    if (dryRun) warnings.push(...againstDryRun(reference, dryRun.length < dryRunListLimit));
  }
  return warnings;
}

function withinSql({ source, foundBy }: StoredReference): string[] {
  const byParser = foundBy.includes("ast");
  if (byParser === foundBy.includes("scanner")) return [];
  const only = byParser ? "parser" : "scanner";
  return [`Only the ${only} finds ${source}; it counts as a parent unless you ignore it.`];
}

function againstDryRun(
  { source, foundBy, isWildcard }: StoredReference,
  listIsComplete: boolean,
): string[] {
  const inSql = foundBy.includes("ast") || foundBy.includes("scanner");
  const inDryRun = foundBy.includes("dryRun");
  if (inDryRun && !inSql) {
    return [`BigQuery reads ${source}, which the SQL does not name; it counts as a parent.`];
  }
  if (inSql && !inDryRun && !isWildcard && listIsComplete) {
    return [`The SQL names ${source}, but BigQuery's dry run does not; it counts as a parent.`];
  }
  return [];
}
