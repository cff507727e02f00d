import type pg from "pg";
import { mayMove } from "../../server/domain/run-state.ts";
import type { TableRunState } from "../../shared/run.ts";
import type { NullJob, NullWarehouse } from "../support/null-warehouse.ts";
import { findEarlyAcross, type ReadAcross, readReadsAcross } from "./history-across.ts";
import {
  findTickFaults,
  type RecordedTick,
  readSpans,
  readTicks,
  type TickingSpan,
  tickLog,
} from "./history-ticks.ts";

/*
 * The history of runs, from both sides: what BigQuery was given to do, and what the database says of
 * it. `findFaults` names what was done twice, what was not done, and what was done out of order.
 */

/** A job as the warehouse has it. */
export type SubmittedJob = Pick<NullJob, "jobId" | "step" | "insertedAt" | "doneAt"> & {
  /** Also by a cancel. */
  hasFailed: boolean;
  isCancelled?: boolean;
};

export interface History {
  runs: { id: string; state: string }[];
  tableRuns: { id: string; runId: string; name: string; state: string; parents: string[] }[];
  /** By BigQuery's ids. */
  stored: { jobId: string; state: string }[];
  submitted: SubmittedJob[];
  moves: Move[];
  /** Of each table that an import fills: every value of its watermark, in order. */
  watermarks: { tableId: string; lastId: string }[];
  /** The frequencies that ticked, and what was recorded of their ticks. */
  spans: TickingSpan[];
  ticks: RecordedTick[];
  reads: ReadAcross[];
}

export interface Move {
  table_run_id: string;
  old_state: TableRunState;
  new_state: TableRunState;
  application_name: string;
}

/** What is wrong, a sentence each. */
export interface Faults {
  doubled: string[];
  lost: string[];
  disordered: string[];
}

export function findFaults(history: History): Faults {
  const jobsOf = Map.groupBy(history.submitted, ({ jobId }) => partsOf(jobId).tableRunId);
  for (const jobs of jobsOf.values()) jobs.sort((a, b) => a.insertedAt - b.insertedAt);
  const ticks = findTickFaults(history.spans, history.ticks);
  return {
    doubled: [...findDoubled(history, jobsOf), ...findDoubledLoads(history), ...ticks.doubled],
    lost: [...findLost(history, jobsOf), ...ticks.lost],
    disordered: [
      ...findEarly(history, jobsOf),
      ...findEarlyAcross(history, jobsOf),
      ...findForbidden(history),
    ],
  };
}

type JobsOf = Map<string, SubmittedJob[]>;

/** `maestro_<instance>_<table run>_<step>_<attempt>` */
function partsOf(jobId: string) {
  const [tableRunId = "", step = "", attempt = ""] = jobId.split("_").slice(-3);
  return { tableRunId, step, attempt: Number(attempt) };
}

/**
 * A step is done again only where the attempt before has failed, and its end is known by then. Attempts
 * between the two were cancelled before they were submitted.
 */
function findDoubled({ tableRuns, stored, submitted }: History, jobsOf: JobsOf): string[] {
  const submittedIds = new Set(submitted.map(({ jobId }) => jobId));
  const unsubmitted = new Set(
    stored.flatMap(({ jobId, state }) =>
      state === "cancelled" && !submittedIds.has(jobId) ? jobId : [],
    ),
  );
  return tableRuns.flatMap(({ id, name }) => {
    const steps = Map.groupBy(jobsOf.get(id) ?? [], ({ jobId }) => partsOf(jobId).step);
    return [...steps.values()].flatMap((jobs) =>
      jobs.slice(1).flatMap((job, index) => {
        const before = jobs[index];
        const isRetry = before?.hasFailed && before.doneAt <= job.insertedAt;
        const isNext =
          partsOf(nextId(before?.jobId ?? "", unsubmitted)).attempt === partsOf(job.jobId).attempt;
        return isRetry && isNext ? [] : [`${name}: ${job.jobId} after ${before?.jobId}`];
      }),
    );
  });
}

/** The attempt after this one, but for those of `skipped`. */
function nextId(jobId: string, skipped: Set<string>): string {
  const next = jobId.replace(/\d+$/, (attempt) => String(Number(attempt) + 1));
  return skipped.has(next) ? nextId(next, skipped) : next;
}

/** Rows that are loaded again move the watermark to where it is, or back. */
function findDoubledLoads({ watermarks }: History): string[] {
  return [...Map.groupBy(watermarks, ({ tableId }) => tableId)].flatMap(([tableId, values]) =>
    values.slice(1).flatMap(({ lastId }, index) => {
      const before = values[index]?.lastId;
      return Number(lastId) > Number(before)
        ? []
        : [`table ${tableId}: watermark ${lastId} after ${before}`];
    }),
  );
}

/** Each table run and its run have succeeded, by a job that did; both sides know the same jobs. */
function findLost({ runs, tableRuns, stored, submitted }: History, jobsOf: JobsOf): string[] {
  const storedIds = new Set(stored.map(({ jobId }) => jobId));
  const submittedById = new Map(submitted.map((job) => [job.jobId, job]));
  const expectedState = (jobId: string) => {
    const job = submittedById.get(jobId);
    if (!job || job.isCancelled) return "cancelled";
    return job.hasFailed ? "failed" : "succeeded";
  };
  return [
    ...runs
      .filter(({ state }) => state !== "succeeded")
      .map(({ id, state }) => `run ${id} ${state}`),
    ...tableRuns
      .filter(
        ({ id, state }) => state !== "succeeded" || jobsOf.get(id)?.at(-1)?.hasFailed !== false,
      )
      .map(
        ({ id, name, state }) => `${name} (table run ${id}) ${state}, without a job that succeeded`,
      ),
    ...submitted
      .filter(({ jobId }) => !storedIds.has(jobId))
      .map(({ jobId }) => `${jobId} is not in the database`),
    ...stored
      .filter(({ jobId, state }) => state !== expectedState(jobId))
      .map(({ jobId, state }) => `${jobId} is ${state} in the database`),
  ];
}

/** No table before its parents, no step before the one before, no table by two at a time. */
function findEarly({ tableRuns }: History, jobsOf: JobsOf): string[] {
  const endOf = (id: string) =>
    Math.max(...(jobsOf.get(id) ?? []).map(({ doneAt }) => doneAt), Number.NEGATIVE_INFINITY);
  const nameOf = new Map(tableRuns.map(({ id, name }) => [id, name]));
  const early = tableRuns.flatMap(({ id, name, parents }) => {
    const [first] = jobsOf.get(id) ?? [];
    return parents
      .filter((parent) => first && !(jobsOf.has(parent) && endOf(parent) <= first.insertedAt))
      .map((parent) => `${name} before its parent ${nameOf.get(parent)}`);
  });
  const byTable = Map.groupBy(tableRuns, ({ name }) => name);
  const overlapping = [...byTable].flatMap(([name, all]) => {
    const jobs = all
      .flatMap(({ id }) => jobsOf.get(id) ?? [])
      .sort((a, b) => a.insertedAt - b.insertedAt);
    return jobs
      .filter((job, index) => job.insertedAt < (jobs[index - 1]?.doneAt ?? 0))
      .map(({ jobId }) => `${name}: ${jobId} before the job before it had ended`);
  });
  return [...early, ...overlapping];
}

function findForbidden({ moves }: History): string[] {
  return moves
    .filter((move) => !mayMove(move.old_state, move.new_state))
    .map((move) => JSON.stringify(move));
}

/** What lets `readHistory` tell moves, watermarks and ticks afterwards: triggers that log them. */
export const historyLog = `${tickLog}
  create table moves (id bigint generated always as identity, table_run_id bigint, old_state text,
    new_state text, application_name text);
  create function log_move() returns trigger language plpgsql as $$ begin
    insert into moves (table_run_id, old_state, new_state, application_name)
    values (new.id, old.state, new.state, current_setting('application_name'));
    return new; end $$;
  create trigger log_move after update of state on table_runs for each row
    when (old.state is distinct from new.state) execute function log_move();
  create table watermarks (id bigint generated always as identity, table_id bigint, last_id text);
  create function log_watermark() returns trigger language plpgsql as $$ begin
    insert into watermarks (table_id, last_id) values (new.id, new.last_id); return new; end $$;
  create trigger log_watermark after update of last_id on tables for each row
    when (old.last_id is distinct from new.last_id) execute function log_watermark();`;

/** Every move of a table run, in order, with the process that made it. */
export async function readMoves(pool: pg.Pool): Promise<Move[]> {
  return (await pool.query<Move>("select * from moves order by id")).rows;
}

/** Of the runs that were made, and of all ticks, though those that were skipped made no run. */
export async function readHistory(
  pool: pg.Pool,
  { jobs }: Pick<NullWarehouse, "jobs">,
): Promise<History> {
  const read = async <Row>(text: string) => (await pool.query(text)).rows as Row[];
  return {
    runs: await read("select id, state from runs where state <> 'skipped'"),
    tableRuns: await read(
      `select id, run_id as "runId", definition ->> 'name' as name, state,
         parent_ids::text[] as parents from table_runs order by id`,
    ),
    stored: await read(`select bq_job_id as "jobId", state from jobs`),
    submitted: [...jobs.values()].map(({ error, ...job }) => ({
      ...job,
      hasFailed: error !== null,
    })),
    moves: await readMoves(pool),
    watermarks: await read(
      `select table_id as "tableId", last_id as "lastId" from watermarks order by id`,
    ),
    spans: await readSpans(pool),
    ticks: await readTicks(pool),
    reads: await readReadsAcross(pool),
  };
}
