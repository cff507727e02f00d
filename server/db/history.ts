import { type SQL, sql } from "drizzle-orm";
import { attributedJobs, attribution } from "./attributed-jobs.ts";
import type { Db } from "./client.ts";

/*
 * The tables that people query by SQL of their own. Each is a CTE under a prefix, made of chosen
 * columns: no settings, no secrets, no SQL and no configuration of jobs is in any of them. What is in
 * them everybody who may read sees in the web app too.
 *
 * The query itself comes printed anew from an allow-list (connectors/history-sql.ts). Behind that, it runs
 * in a transaction that can write nothing and is ended after a time, and only if PostgreSQL's own plan
 * for it reads no table but those of the CTEs.
 */

const timeoutMs = 10_000;
const mostColumns = 50;
/** Of one cell: however long a text a query builds, an answer stays small. */
const mostCharacters = 500;
const mostText = 1_000;

const readable = new Set(
  "runs table_runs jobs tables datasets users groups frequencies".split(" "),
);

function viewsOf(pricePerTib: number): SQL {
  const seconds = (from: string, to: string) =>
    sql.raw(`extract(epoch from coalesce(${to}, now()) - ${from})::float8`);
  return sql`
    history_attributed as not materialized (
      select j.id, j.bq_job_id, tr.run_id, j.table_run_id, ${attribution}, j.step, j.attempt, j.state,
        left(j.error, ${mostText}) as error, j.bytes_processed, j.bytes_billed, j.slot_ms, j.cache_hit,
        j.created_at, j.started_at, j.ended_at
      ${attributedJobs}),
    history_jobs as (
      select id, bq_job_id, run_id, table_run_id, "table" as table_name, "user" as person,
        "group" as group_name, frequency, step, attempt, state, error, bytes_processed, bytes_billed,
        slot_ms, cache_hit, created_at, started_at, ended_at
      from history_attributed),
    history_costs as (
      select (created_at at time zone 'UTC')::date as day, "table" as table_name, "user" as person,
        "group" as group_name, frequency, count(*) as jobs,
        coalesce(sum(bytes_billed), 0)::bigint as bytes_billed,
        coalesce(sum(bytes_billed), 0)::float8 / 1099511627776 * ${pricePerTib}::float8 as price
      from history_attributed group by 1, 2, 3, 4, 5),
    history_table_runs as (
      select t.id, t.run_id, (t.definition ->> 'dataset') || '.' || (t.definition ->> 'name') as table_name,
        t.definition ->> 'kind' as kind, t.state, left(t.reason ->> 'text', ${mostText}) as reason,
        t.row_count, t.ready_at, t.started_at, t.ended_at,
        case when t.started_at is not null then ${seconds("t.started_at", "t.ended_at")} end as seconds
      from table_runs t),
    history_runs as (
      select r.id, r.kind, f.name as frequency, r.tick_at, r.state, left(r.reason, ${mostText}) as reason,
        u.email as started_by, r.created_at, r.ended_at,
        ${seconds("r.created_at", "r.ended_at")} as seconds
      from runs r left join frequencies f on f.id = r.frequency_id left join users u on u.id = r.started_by)`;
}

export interface HistoryRows {
  /** Names in the query's order, and the ids of PostgreSQL's types. */
  fields: { name: string; typeId: number }[];
  /** All as text. */
  rows: (string | null)[][];
}

/** What the query is refused for by its plan, or its answer with one row more than the limit at most. */
export type HistoryAnswer = HistoryRows | { refused: string };

export function selectHistory(
  db: Db,
  query: string,
  options: { pricePerTib: number; limit: number },
): Promise<HistoryAnswer> {
  const views = viewsOf(options.pricePerTib);
  return db.transaction(
    async (tx) => {
      await tx.execute(sql.raw(`set local statement_timeout = ${timeoutMs}`));
      await tx.execute(sql`set local timezone = 'UTC'`);
      const named = sql`with ${views} select * from (${sql.raw(query)}) as answer`;
      const { rows: plans } = await tx.execute<{ "QUERY PLAN": unknown }>(
        sql`explain (format json) ${named}`,
      );
      const outside = relationsOf(plans).filter((name) => !readable.has(name));
      if (outside.length > 0) return { refused: `it would read ${outside.join(", ")}` };
      const { fields } = await tx.execute(sql`${named} limit 0`);
      if (fields.length > mostColumns) {
        return { refused: `it has ${fields.length} columns: at most ${mostColumns} are answered` };
      }
      const names = fields.map((_, index) => `c${index}`);
      const cells = names.map((name) => `left(${name}::text, ${mostCharacters})`).join(", ");
      const { rows } = await tx.execute<{ row: (string | null)[] }>(sql`
        with ${views} select array[${sql.raw(cells)}] as "row"
        from (${sql.raw(query)}) as answer(${sql.raw(names.join(", "))})
        limit ${options.limit + 1}`);
      return {
        fields: fields.map(({ name, dataTypeID }) => ({ name, typeId: dataTypeID })),
        rows: rows.map(({ row }) => row),
      };
    },
    { accessMode: "read only", isolationLevel: "repeatable read" },
  );
}

/** Every table that a plan reads, wherever in it. */
function relationsOf(plan: unknown): string[] {
  if (typeof plan !== "object" || plan === null) return [];
  return Object.entries(plan).flatMap(([key, value]) =>
    key === "Relation Name" || key === "Function Name" ? [String(value)] : relationsOf(value),
  );
}
