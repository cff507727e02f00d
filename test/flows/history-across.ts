import type pg from "pg";
import type { History, SubmittedJob } from "./history.ts";

/** A table of one frequency that reads one of another. */
export interface ReadAcross {
  child: string;
  parent: string;
  parentFrequencyId: string;
}

/**
 * Children that began before their parents of other frequencies were made for the tick that covers
 * their own: in the run of that tick or a later one; or, where that tick was skipped, in the run that
 * it overlapped or newer. Where there is no such run, the parent's frequency had been switched off.
 */
export function findEarlyAcross(history: History, jobsOf: Map<string, SubmittedJob[]>): string[] {
  const tickOf = new Map(history.ticks.map((tick) => [tick.runId, tick]));
  const readsOf = Map.groupBy(history.reads, ({ child }) => child);
  return history.tableRuns.flatMap(({ id, runId, name }) => {
    const own = tickOf.get(runId);
    const begunMs = jobsOf.get(id)?.[0]?.insertedAt;
    if (!own || begunMs === undefined) return [];
    return (readsOf.get(name) ?? [])
      .filter((read) => {
        const covering = coveringOf(history, read, own.atMs);
        const isMade = covering.some((each) => (endOf(jobsOf.get(each)) ?? begunMs + 1) <= begunMs);
        return covering.length > 0 && !isMade;
      })
      .map(({ parent }) => `${name} of run ${runId} before ${parent} of another frequency`);
  });
}

/** The table runs of the parent that cover a child's tick. */
function coveringOf({ spans, ticks, tableRuns }: History, read: ReadAcross, atMs: number) {
  const span = spans.find(({ id }) => id === read.parentFrequencyId);
  if (!span) return [];
  const awaitedMs = Math.floor(atMs / span.periodMs) * span.periodMs;
  if (awaitedMs < span.fromMs) return [];
  const recorded = ticks.filter(({ frequencyId }) => frequencyId === span.id);
  const later = new Set(
    recorded.filter((tick) => tick.atMs >= awaitedMs).map(({ runId }) => runId),
  );
  const skipped = recorded.find((tick) => tick.atMs === awaitedMs);
  const ofParent = tableRuns.filter(({ name }) => name === read.parent);
  const overlapped = ofParent.find(({ runId }) => runId === skipped?.overlapped);
  return ofParent
    .filter(
      ({ id, runId }) => later.has(runId) || (overlapped && Number(id) >= Number(overlapped.id)),
    )
    .map(({ id }) => id);
}

/** Undefined where it has not succeeded. */
function endOf(jobs: SubmittedJob[] = []): number | undefined {
  const last = jobs.at(-1);
  return last?.hasFailed === false ? last.doneAt : undefined;
}

export async function readReadsAcross(pool: pg.Pool): Promise<ReadAcross[]> {
  const { rows } = await pool.query<ReadAcross>(
    `select c.name as child, p.name as parent, p.frequency_id::text as "parentFrequencyId"
     from table_references r join tables c on c.id = r.table_id
     join datasets d on d.name = r.dataset
     join tables p on p.dataset_id = d.id and p.name = r.name
     where p.frequency_id <> c.frequency_id`,
  );
  return rows;
}
