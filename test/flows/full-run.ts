import { expect } from "vitest";
import { mayMove } from "../../server/domain/run-state.ts";
import { activateFrequency, insertCatalog, insertFrequency } from "../support/catalog.ts";
import type { NullJob } from "../support/null-warehouse.ts";
import { until } from "../support/until.ts";
import type { Daemons } from "./engine-daemons.ts";
import { insertSource, playPeople } from "./played-people.ts";
import { missingFile } from "./soak-graph.ts";

/*
 * A run in which everything occurs that the engine does: a tick, an import, an upload, queries, an
 * extract, and a query whose first attempt meets a transient fault. Whatever is killed when, its
 * history has to be this one.
 */

interface ExpectedTable {
  name: string;
  parents: string[];
  /** Its jobs in their order: `step attempt`. */
  jobs: string[];
}

const expectedTables: ExpectedTable[] = [
  { name: "orders", parents: [], jobs: ["load 1"] },
  { name: "prices", parents: [], jobs: ["load 1"] },
  { name: "report", parents: ["orders"], jobs: ["query 1", "extract 1"] },
  { name: "totals", parents: ["orders", "prices"], jobs: ["query 1", "query 2"] },
  { name: "summary", parents: ["report", "totals"], jobs: ["query 1"] },
  { name: "last", parents: ["summary"], jobs: ["query 1"] },
];

export async function openFullRun(daemons: Daemons) {
  const { deps, warehouse } = daemons;
  const importDatabaseId = await insertSource(deps);
  const inactive = { active: false, effectiveFrom: new Date(0) };
  const frequencyId = await insertFrequency(deps.db, inactive);
  const special: Record<string, Parameters<typeof insertCatalog>[1][number]> = {
    orders: { name: "orders", kind: "import", importDatabaseId, importTable: "o", idColumn: "id" },
    prices: { name: "prices", kind: "external" },
    report: { name: "report", extract: true },
  };
  await insertCatalog(
    deps.db,
    expectedTables.map(({ name, parents }) => ({ name, ...special[name], parents, frequencyId })),
  );
  // Long enough to be noted as submitted before it ends.
  warehouse.durationMs = ({ table }) => (table === "d.last" ? 400 : 60);
  warehouse.outcome = (job) => transientFault(job) ?? missingFile(job, warehouse.objects);
  const people = playPeople(deps, warehouse);
  await activateFrequency(deps.db, frequencyId);
  deps.changes.publish({ noun: "frequency", id: frequencyId });
  return {
    /** Waits until nothing is left to do, and reads the history. */
    async check() {
      await until("the run ended, and its files were removed", () => isDone(daemons), 60_000);
      await checkRows(daemons);
      checkJobs(daemons);
    },
    close: () => people.stop(),
  };
}

function transientFault({ table, jobId }: NullJob) {
  const isFirst = table === "d.totals" && jobId.endsWith("_1");
  return isFirst ? { reason: "backendError", message: "try again" } : null;
}

async function isDone({ deps, warehouse }: Daemons): Promise<boolean> {
  const { rows } = await deps.pool.query(
    `select 1 from runs where ended_at is not null and not exists (
       select from table_runs where staged_objects <> '{}')`,
  );
  return rows.length > 0 && [...warehouse.objects.keys()].every((name) => /^extracts/.test(name));
}

/** In the database: one run, everything succeeded, each figure read, the watermark moved once. */
async function checkRows({ deps, warehouse, ...daemons }: Daemons): Promise<void> {
  const read = async (sql: string) => (await deps.pool.query(sql)).rows;
  expect(await read("select kind, state from runs")).toEqual([
    { kind: "tick", state: "succeeded" },
  ]);
  expect(
    await read(`select definition ->> 'name' as name, state, extract_objects as extract
      from table_runs order by id`),
  ).toEqual(
    expectedTables.map(({ name }) => ({
      name,
      state: "succeeded",
      extract: name === "report" ? [...warehouse.objects.keys()] : [],
    })),
  );
  expect(await read("select last_id from watermarks")).toEqual([{ last_id: "3" }]);
  expect(
    await read(`select bq_job_id, state from jobs
      where state not in ('succeeded', 'failed') or (state = 'succeeded' and statistics is null)`),
  ).toEqual([]);
  const stored = await read("select bq_job_id as id from jobs");
  expect(stored.map(({ id }) => id).sort()).toEqual([...warehouse.jobs.keys()].sort());
  for (const move of await daemons.moves()) {
    expect(mayMove(move.old_state, move.new_state), JSON.stringify(move)).toBe(true);
  }
}

/** In BigQuery: each job once, none besides, each after those that it had to wait for. */
function checkJobs({ warehouse }: Daemons): void {
  const jobs = [...warehouse.jobs.values()];
  const jobsOf = (name: string) => jobs.filter(({ table }) => table === `d.${name}`);
  for (const { name, parents, jobs: expected } of expectedTables) {
    const done = jobsOf(name).map(({ step, jobId }) => `${step} ${jobId.split("_").at(-1)}`);
    expect(done, name).toEqual(expected);
    const chain = [...parents.flatMap(jobsOf), ...jobsOf(name)];
    for (const [index, job] of chain.entries()) {
      const isOwn = job.table === `d.${name}`;
      if (!isOwn) continue;
      for (const earlier of chain.slice(0, index)) {
        const what = `${job.jobId} after ${earlier.jobId}`;
        expect(job.insertedAt, what).toBeGreaterThanOrEqual(earlier.doneAt);
      }
    }
  }
  expect(jobs).toHaveLength(expectedTables.flatMap((table) => table.jobs).length);
}
