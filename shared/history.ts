import type { FieldSchema } from "./table.ts";

/** A table that SQL on the history may read, with its columns and what they hold. */
export interface HistoryView {
  name: string;
  about: string;
  columns: { name: string; type: string; about: string }[];
}

const columns = (text: string) =>
  text
    .trim()
    .split("\n")
    .map((line) => {
      const [name = "", type = "", ...about] = line.trim().split(/\s+/);
      return { name, type: type.toUpperCase(), about: about.join(" ") };
    });

/** In the order of their columns as `SELECT *` gives them. */
export const historyViews: HistoryView[] = [
  {
    name: "runs",
    about: "a tick of a frequency, or a start by hand",
    columns: columns(`
      id          integer    as in its address
      kind        string     tick or manual
      frequency   string     its name; null for a run of tables
      tick_at     timestamp  the tick that it is for
      state       string     running, succeeded, failed, cancelled or skipped
      reason      string     why it failed or was skipped
      started_by  string     the address of who started it
      created_at  timestamp  when it was started
      ended_at    timestamp  null while it runs
      seconds     float      how long it took, or has taken so far`),
  },
  {
    name: "table_runs",
    about: "one table in one run",
    columns: columns(`
      id          integer    of this table run
      run_id      integer    the run that it is part of
      table_name  string     dataset.name as it was then
      kind        string     summary, import or external
      state       string     waiting, ready, running, succeeded, failed, skipped or cancelled
      reason      string     why it failed or was skipped
      row_count   integer    rows of the table afterwards
      ready_at    timestamp  when its parents were done
      started_at  timestamp  when it was begun
      ended_at    timestamp  null before its end
      seconds     float      from its start to its end`),
  },
  {
    name: "jobs",
    about: "one attempt of a BigQuery job",
    columns: columns(`
      id              integer    of this job
      bq_job_id       string     as BigQuery knows it
      run_id          integer    null for a preview
      table_run_id    integer    null for a preview
      table_name      string     dataset.name as it is now
      person          string     whom it is billed to
      group_name      string     the group that it is billed to
      frequency       string     of its run, or manual
      step            string     query, load, extract or stage
      attempt         integer    from 1
      state           string     pending, running, succeeded, failed or cancelled
      error           string     what BigQuery said
      bytes_processed integer    as BigQuery counted them
      bytes_billed    integer    as BigQuery counted them
      slot_ms         integer    slot time
      cache_hit       boolean    answered from the cache
      created_at      timestamp  when it was written down
      started_at      timestamp  when BigQuery began
      ended_at        timestamp  null before its end`),
  },
  {
    name: "costs",
    about: "what jobs billed, by day and whose they are",
    columns: columns(`
      day          date     of UTC
      table_name   string   or no table
      person       string   or no owner
      group_name   string   or no group
      frequency    string   or manual
      jobs         integer  how many
      bytes_billed integer  their sum
      price        float    at the price per TiB that is set now`),
  },
];

/** What a query of the history answered. Cells are null, numbers, booleans and text. */
export interface HistoryResult {
  schema: FieldSchema[];
  rows: (string | number | boolean | null)[][];
  /** There are more rows than are answered. */
  isCut: boolean;
  tookMs: number;
}
