import type { RequestKind } from "../support/null-warehouse.ts";

/*
 * Where a daemon is killed: every step of the life of a run, in the order of DESIGN.md §5, by the
 * jobs and rows of the full run (full-run.ts).
 */

/** As BigQuery or Cloud Storage is asked, before or after it has done what was asked. */
interface AtRequest {
  request: RequestKind;
  phase: "before" | "after";
  /** `dataset.table step attempt`, or what the objects' names begin with. */
  of?: string;
  /** The insert before was carried out and its connection cut: this one finds the job there. */
  afterCut?: boolean;
}
/** In the middle of a transaction, as a row is changed: an SQL condition on `old` and `new`. */
interface AtChange {
  change: string;
  when: string;
}
/** As a transaction with such a statement is committed: before it is, or after it and unanswered. */
interface AtCommit {
  commit: string;
  phase: "before" | "after";
  /** The first is 1. */
  occurrence?: number;
}

export type CrashSite = AtRequest | AtChange | AtCommit;

const assemble: Record<string, CrashSite> = {
  "as the run is written": { change: "runs", when: "new.kind = 'tick'" },
  "as its table runs are written": { change: "table_runs", when: "new.run_id is not null" },
  "before that is committed": { commit: "insert table runs", phase: "before" },
  "after that is committed, before anybody hears of it": {
    commit: "insert table runs",
    phase: "after",
  },
};

const dispatch: Record<string, CrashSite> = {
  "in a claim": {
    change: "table_runs",
    when: "old.state = 'ready' and new.state = 'running' and new.step = 'query'",
  },
  "as the rows of the jobs are written": { change: "jobs", when: "new.step = 'query'" },
  "before claim and jobs are committed": { commit: "insert jobs", phase: "before" },
  "after they are committed, before BigQuery is asked": { commit: "insert jobs", phase: "after" },
};

const submit: Record<string, CrashSite> = {
  "as the dataset is looked for": { request: "dataset", phase: "before" },
  "before the insert": { request: "insert", phase: "before", of: "d.summary query 1" },
  "after the insert, before its answer": {
    request: "insert",
    phase: "after",
    of: "d.summary query 1",
  },
  "as a job that is there already is read": {
    request: "get",
    phase: "before",
    of: "d.summary query 1",
    afterCut: true,
  },
  "as it is noted as submitted": {
    change: "jobs",
    when: "old.state = 'pending' and new.state = 'running'",
  },
  "before that note is committed": { commit: "mark submitted", phase: "before" },
  "after that note is committed": { commit: "mark submitted", phase: "after" },
};

const monitor: Record<string, CrashSite> = {
  "while a query runs": { request: "await", phase: "before", of: "d.report query 1" },
  "after a query's end, before the answer": {
    request: "await",
    phase: "after",
    of: "d.report query 1",
  },
  "as the error of a failed query is read": {
    request: "get",
    phase: "before",
    of: "d.totals query 1",
  },
  "while a load runs": { request: "get", phase: "before", of: "d.orders load 1" },
  "after an extract's end, before the answer": {
    request: "get",
    phase: "after",
    of: "d.report extract 1",
  },
};

const complete: Record<string, CrashSite> = {
  "as an end is written": {
    change: "table_runs",
    when: "old.state = 'running' and new.state = 'succeeded'",
  },
  "as children are readied": {
    change: "table_runs",
    when: "old.state = 'waiting' and new.state = 'ready'",
  },
  "before ends are committed": { commit: "settle", phase: "before", occurrence: 2 },
  "after ends are committed": { commit: "settle", phase: "after", occurrence: 2 },
  "as a transient fault is written": {
    change: "jobs",
    when: "old.state <> 'failed' and new.state = 'failed'",
  },
  "before the next attempt is inserted": {
    request: "insert",
    phase: "before",
    of: "d.totals query 2",
  },
  "after the next attempt is inserted": {
    request: "insert",
    phase: "after",
    of: "d.totals query 2",
  },
  "as the run's end is written": {
    change: "runs",
    when: "old.ended_at is null and new.ended_at is not null",
  },
  "before the run's end is committed": { commit: "end run", phase: "before" },
  "after the run's end is committed": { commit: "end run", phase: "after" },
};

/** query → extract; import → load → watermark, files removed; upload → load; figures. */
const followUp: Record<string, CrashSite> = {
  "as a query turns to its extract": {
    change: "table_runs",
    when: "old.step = 'query' and new.step = 'extract'",
  },
  "before an extract is inserted": {
    request: "insert",
    phase: "before",
    of: "d.report extract 1",
  },
  "after an extract is inserted": { request: "insert", phase: "after", of: "d.report extract 1" },
  "as an extract's files are listed": { request: "list", phase: "before", of: "extracts/" },
  "as an extract's files are written down": {
    change: "table_runs",
    when: "old.extract_objects <> new.extract_objects",
  },
  "as a transfer is queued": { change: "transfers", when: "new.kind = 'import'" },
  "as staged rows turn to their load": {
    change: "table_runs",
    when: "old.step = 'import' and new.step = 'load'",
  },
  "before staged rows are loaded": { request: "insert", phase: "before", of: "d.orders load 1" },
  "after staged rows are loaded": { request: "insert", phase: "after", of: "d.orders load 1" },
  "as the watermark moves": {
    change: "tables",
    when: "old.last_id is distinct from new.last_id",
  },
  "before load and watermark are committed": { commit: `"last_id" = `, phase: "before" },
  "after load and watermark are committed": { commit: `"last_id" = `, phase: "after" },
  "before staged files are removed": { request: "remove", phase: "before", of: "imports/" },
  "after staged files are removed": { request: "remove", phase: "after", of: "imports/" },
  "as the names of staged files are forgotten": {
    change: "table_runs",
    when: "old.staged_objects <> '{}' and new.staged_objects = '{}'",
  },
  "as an upload turns to its load": {
    change: "table_runs",
    when: "old.step = 'upload' and new.step = 'load'",
  },
  "before an upload is loaded": { request: "insert", phase: "before", of: "d.prices load 1" },
  "after an upload is loaded": { request: "insert", phase: "after", of: "d.prices load 1" },
  "as statistics are read": { request: "get", phase: "after", of: "d.report query 1" },
  "as statistics are written": {
    change: "jobs",
    when: "old.state = 'succeeded' and old.statistics is null and new.statistics is not null",
  },
  "after statistics are committed": { commit: "set statistics = ", phase: "after" },
  "as a table's size is asked for": { request: "table", phase: "after" },
  "as a table's size is written": {
    change: "tables",
    when: "old.bytes is distinct from new.bytes",
  },
};

/** By step, then by the point in it. */
export const crashPoints = { assemble, dispatch, submit, monitor, complete, "follow up": followUp };
