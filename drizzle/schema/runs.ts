import { sql } from "drizzle-orm";
import {
  type AnyPgColumn,
  boolean,
  check,
  doublePrecision,
  index,
  integer,
  jsonb,
  pgTable,
  text,
  unique,
  uniqueIndex,
} from "drizzle-orm/pg-core";
import type { CloudPlace } from "../../shared/cloud.ts";
import type { JobState, JobStep } from "../../shared/job.ts";
import type {
  AwaitedTick,
  MissedTicks,
  Reason,
  RunFigures,
  RunReasonCode,
  RunRequest,
  RunState,
  RunSteering,
  TableRunState,
} from "../../shared/run.ts";
import type { TableDefinition } from "../../shared/table.ts";
import { count, createdAt, id, instant, key } from "./columns.ts";
import { frequencies } from "./frequencies.ts";
import { tables } from "./tables.ts";
import { users } from "./users.ts";

export const runs = pgTable(
  "runs",
  {
    id: id(),
    frequencyId: key().references(() => frequencies.id),
    tickAt: instant(),
    missed: jsonb().$type<MissedTicks>(),
    kind: text().$type<"tick" | "manual">().notNull(),
    state: text().$type<RunState>().notNull().default("running"),
    reason: text(),
    /** Of a tick that was skipped. */
    reasonCode: text().$type<RunReasonCode>(),
    startedBy: key().references((): AnyPgColumn => users.id, { onDelete: "set null" }),
    createdAt: createdAt(),
    /** Set by a user; the dispatcher then cancels what runs. */
    cancelRequestedAt: instant(),
    resumedCount: integer().notNull().default(0),
    /** What a run by hand was asked for; null for a tick, and from daemons that did not write it yet. */
    request: jsonb().$type<RunRequest>(),
    /** Who cancelled and resumed it, and when, in order. */
    steering: jsonb().$type<RunSteering[]>(),
    endedAt: instant(),
    /** As they were when it ended after so many resumes: server/db/run-figures.ts. */
    figures: jsonb().$type<RunFigures & { resumedCount: number }>(),
    /** Where it began, and so ends, whatever is set meanwhile; null from daemons that did not write it yet. */
    cloud: jsonb().$type<CloudPlace>(),
  },
  (t) => [
    unique("runs_tick").on(t.frequencyId, t.tickAt),
    uniqueIndex("runs_one_unfinished").on(t.frequencyId).where(sql`${t.endedAt} is null`),
    index("runs_created").on(t.createdAt),
    index("runs_by_state").on(t.state, t.id),
    index("runs_ended").on(t.endedAt),
    index("runs_of_frequency").on(t.frequencyId, t.id),
    check(
      "runs_state",
      sql`${t.state} in ('running', 'succeeded', 'failed', 'cancelled', 'skipped')`,
    ),
    check("runs_ended", sql`(${t.state} = 'running') = (${t.endedAt} is null)`),
  ],
);

/**
 * One table of one run. waiting → ready (by the last parent's success) → running (claimed by a
 * daemon) → succeeded | failed | cancelled; waiting → skipped (by a failed ancestor).
 */
export const tableRuns = pgTable(
  "table_runs",
  {
    id: id(),
    runId: key()
      .notNull()
      .references(() => runs.id, { onDelete: "cascade" }),
    tableId: key()
      .notNull()
      .references((): AnyPgColumn => tables.id),
    /** As it was at assembly; later edits do not touch an assembled run. */
    definition: jsonb().$type<TableDefinition>().notNull(),
    /** Ids of the table runs of this run that it waits for. */
    parentIds: key().array().notNull().default([]),
    /** The other direction of the same edges: what its success or failure reaches, without a search. */
    childIds: key().array().notNull().default([]),
    /** Ticks of other frequencies that parents outside this run must have finished. */
    awaits: jsonb().$type<AwaitedTick[]>().notNull().default([]),
    /** When it fails for want of them. */
    awaitUntil: instant(),
    /** `awaits` as it was at assembly: what it waited for stays known after it came. */
    awaited: jsonb().$type<AwaitedTick[]>(),
    /** In a run by hand: named by who started it, and not drawn in as an ancestor or a descendant. */
    asked: boolean(),
    /** How many of them have not succeeded yet, and one more while `awaits` is not empty. */
    pendingParents: integer().notNull().default(0),
    priority: integer().notNull().default(0),
    /** Longest path to a leaf in past durations, seconds; breaks ties of priority. */
    remainingSeconds: doublePrecision().notNull().default(0),
    state: text().$type<TableRunState>().notNull(),
    reason: jsonb().$type<Reason>(),
    /** `query`, `import`, `load`, `upload`, `extract`: what is done now, or first. */
    step: text(),
    /** The object names of an upload, or of a staged import, that the load reads. */
    stagedObjects: text().array().notNull().default([]),
    /** The object names that the extract wrote. */
    extractObjects: text().array().notNull().default([]),
    /** When these were deleted, their time being up. */
    extractRemovedAt: instant(),
    rowCount: count(),
    leaseOwner: text(),
    leaseUntil: instant(),
    /** Counts claims: every write of a claimant names the fence it holds. */
    fence: integer().notNull().default(0),
    readyAt: instant(),
    startedAt: instant(),
    endedAt: instant(),
  },
  (t) => [
    unique("table_runs_table").on(t.runId, t.tableId),
    index("table_runs_ready")
      .on(t.runId, t.priority.desc(), t.remainingSeconds.desc(), t.id)
      .where(sql`${t.state} = 'ready'`),
    index("table_runs_unfinished")
      .on(t.runId)
      .where(sql`${t.state} in ('waiting', 'ready', 'running')`),
    index("table_runs_awaiting")
      .on(t.id)
      .where(sql`${t.state} = 'waiting' and ${t.awaits} <> '[]'`),
    index("table_runs_staged").on(t.id).where(sql`${t.stagedObjects} <> '{}'`),
    index("table_runs_running").on(t.leaseUntil).where(sql`${t.state} = 'running'`),
    index("table_runs_table_latest").on(t.tableId, t.id),
    index("table_runs_ended").on(t.endedAt),
    check(
      "table_runs_state",
      sql`${t.state} in ('waiting', 'ready', 'running', 'succeeded', 'failed', 'skipped', 'cancelled')`,
    ),
  ],
);

export const jobs = pgTable(
  "jobs",
  {
    id: id(),
    /** Null for a job that serves no table run: a preview of SQL. */
    tableRunId: key().references(() => tableRuns.id, { onDelete: "cascade" }),
    tableId: key().references((): AnyPgColumn => tables.id),
    step: text().$type<JobStep>().notNull(),
    attempt: integer().notNull(),
    /** `maestro_<instance>_<table run>_<step>_<attempt>`, stored before it is submitted. */
    bqJobId: text().notNull().unique(),
    configuration: jsonb().$type<Record<string, unknown>>().notNull(),
    configurationHash: text().notNull(),
    state: text().$type<JobState>().notNull().default("pending"),
    error: text(),
    errorReason: text(),
    /** Whom it is billed to, as on its labels: empty for nobody, null where an older version made it. */
    userEmail: text(),
    groupName: text(),
    /** The frequency that its run was of; written when the run is forgotten, and the job stays for its costs. */
    frequencyName: text(),
    statistics: jsonb().$type<Record<string, unknown>>(),
    /** Why they could not be read when they were last asked for, and when that was. */
    statisticsError: text(),
    statisticsTriedAt: instant(),
    bytesProcessed: count(),
    bytesBilled: count(),
    slotMs: count(),
    cacheHit: boolean(),
    createdAt: createdAt(),
    submittedAt: instant(),
    startedAt: instant(),
    endedAt: instant(),
  },
  (t) => [
    unique("jobs_attempt").on(t.tableRunId, t.step, t.attempt),
    index("jobs_table").on(t.tableId, t.id),
    index("jobs_created").on(t.createdAt),
    index("jobs_ended").on(t.endedAt),
    index("jobs_unread").on(t.id).where(sql`${t.state} = 'succeeded' and ${t.statistics} is null`),
    index("jobs_unfinished").on(t.id).where(sql`${t.state} in ('pending', 'running')`),
    check(
      "jobs_state",
      sql`${t.state} in ('pending', 'running', 'succeeded', 'failed', 'cancelled')`,
    ),
  ],
);
