import { setTimeout as delay } from "node:timers/promises";
import { MaestroError, messageOf } from "../../../shared/errors.ts";
import type { TableDefinition } from "../../../shared/table.ts";
import type { DryRunStatistics } from "../../connectors/warehouse.ts";
import type { StoredReference } from "../../db/table-references.ts";
import { splitReference } from "../../domain/table-references/match-reference.ts";
import {
  type MergedReference,
  mergeReferences,
} from "../../domain/table-references/merge-references.ts";
import type { Deps } from "../deps.ts";

type DryRunOutcome =
  | { kind: "done"; statistics: DryRunStatistics }
  /** BigQuery refused the SQL (which a missing upstream does too), or could not be asked. */
  | { kind: "refused" | "away"; error: MaestroError }
  /** Nothing to run: no summary, or no SQL. */
  | { kind: "none" };

export interface Inference {
  references: StoredReference[];
  /** What they did not agree on, in sentences. */
  disagreements: string[];
  /** The same, and why there was no dry run. */
  warnings: string[];
  dryRun: DryRunOutcome;
}

type InferenceDeps = Pick<Deps, "sqlParser" | "warehouse">;

/**
 * What a definition reads: the union of the parser, the scanner, a dry run and the parents named by
 * hand. Never throws for SQL that nobody can read or a warehouse that is away: it warns instead.
 */
export async function inferReferences(
  deps: InferenceDeps,
  definition: TableDefinition,
  /** Null: without a dry run. */
  options: { dryRunTimeoutMs: number | null },
): Promise<Inference> {
  const { query, legacySql, dataset, kind } = definition;
  const hasSql = kind === "summary" && query.trim() !== "";
  const [sql, dryRun] = await Promise.all([
    hasSql ? deps.sqlParser.references(query, { legacySql }) : null,
    hasSql && options.dryRunTimeoutMs !== null
      ? dryRunWithin(deps, { query, legacySql, dataset }, options.dryRunTimeoutMs)
      : ({ kind: "none" } as const),
  ]);
  const { projectId } = deps.warehouse;
  const { references, warnings: disagreements } = mergeReferences(
    {
      ast: sql === null ? [] : sql.ast,
      astError: sql?.astError ?? null,
      scanner: sql?.scanner ?? [],
      dryRun: dryRun.kind === "done" ? dryRun.statistics.referencedTables : null,
      manual: definition.extraParents,
      ignored: definition.ignoredParents,
    },
    { defaultProject: projectId, defaultDataset: dataset },
  );
  return {
    references: references.flatMap((reference) => toStored(reference, projectId, dataset)),
    disagreements,
    warnings: [...disagreements, ...dryRunWarnings(dryRun)],
    dryRun,
  };
}

/**
 * Split for the join with the catalog: a name without a dataset is of the table's own, and a name of
 * another project has none, so that it matches nothing.
 */
function toStored(
  { name: source, foundBy, ignored }: MergedReference,
  projectId: string,
  ownDataset: string,
): StoredReference[] {
  const split = splitReference(source, projectId);
  if (!split) return [];
  const ours = split.project === null || split.project === projectId;
  const dataset = ours ? (split.dataset ?? ownDataset) : null;
  return [{ source, dataset, name: split.name, isWildcard: split.isWildcard, foundBy, ignored }];
}

async function dryRunWithin(
  deps: InferenceDeps,
  input: { query: string; legacySql: boolean; dataset: string },
  timeoutMs: number,
): Promise<DryRunOutcome> {
  const timer = new AbortController();
  const options = { legacySql: input.legacySql, defaultDataset: input.dataset };
  const asked = deps.warehouse.dryRun(input.query, options).then(
    (statistics): DryRunOutcome => ({ kind: "done", statistics }),
    (error: unknown): DryRunOutcome => refusal(error),
  );
  const tooLate = delay(timeoutMs, undefined, { signal: timer.signal }).then(
    (): DryRunOutcome => ({
      kind: "away",
      error: new MaestroError("timeout", `the dry run took longer than ${timeoutMs / 1000} s`),
    }),
    (): DryRunOutcome => ({ kind: "none" }),
  );
  try {
    return await Promise.race([asked, tooLate]);
  } finally {
    timer.abort();
  }
}

function refusal(error: unknown): DryRunOutcome {
  if (!(error instanceof MaestroError)) {
    const away = new MaestroError("warehouse", messageOf(error), { cause: error });
    return { kind: "away", error: away };
  }
  const refused = ["invalidSql", "notFound", "notSupported", "invalidInput"].includes(error.code);
  return { kind: refused ? "refused" : "away", error };
}

function dryRunWarnings(dryRun: DryRunOutcome): string[] {
  // A parent that has not run yet is no disagreement, and its warning would outlive the first run.
  if (dryRun.kind === "refused" && dryRun.error.code === "notFound") return [];
  if (dryRun.kind === "refused") return [`The dry run was refused: ${dryRun.error.message}`];
  if (dryRun.kind === "away") {
    return [
      `There was no dry run (${dryRun.error.message}): the parents are those that the SQL shows.`,
    ];
  }
  return [];
}
