import { type SQL, sql } from "drizzle-orm";
import type { CostDimension, CostsOf } from "../../shared/cost.ts";
import { attributedJobs, attribution } from "./attributed-jobs.ts";
import type { Db } from "./client.ts";

export interface CostRow extends Record<string, unknown> {
  dimension: CostDimension | "day";
  name: string;
  bytesBilled: number;
  jobs: number;
  /** Billed in as many days before. */
  bytesBefore: number;
}

/**
 * Bytes billed by the jobs of the last `days` UTC days up to `now`, and of as many days before,
 * summed along each dimension in one pass. A job is its table's, its run's frequency's, and of the
 * person and group that it was labelled with; of the table's present ones where an older version made
 * it. `only` leaves all but one thing's jobs away.
 */
export async function selectCosts(
  db: Db,
  now: Date,
  days: number,
  only?: CostsOf,
): Promise<CostRow[]> {
  const isKept = only ? sql`where ${sql.identifier(only.dimension)} = ${only.name}` : sql``;
  const { rows } = await db.execute<CostRow>(sql`
    with billed as (
      select ${isWithin(now, days)} as is_now,
        to_char(j.created_at at time zone 'UTC', 'YYYY-MM-DD') as day, ${attribution},
        coalesce(j.bytes_billed, 0) as bytes
      ${attributedJobs}
      where ${isWithin(now, 2 * days)}
    )
    select
      case
        when grouping(day) = 0 then 'day'
        when grouping("table") = 0 then 'table'
        when grouping("user") = 0 then 'user'
        when grouping("group") = 0 then 'group'
        else 'frequency'
      end as dimension,
      coalesce(day, "table", "user", "group", frequency) as name,
      coalesce(sum(bytes) filter (where is_now), 0)::float8 as "bytesBilled",
      count(*) filter (where is_now)::int as jobs,
      coalesce(sum(bytes) filter (where not is_now), 0)::float8 as "bytesBefore"
    from billed ${isKept}
    group by grouping sets ((day), ("table"), ("user"), ("group"), (frequency))
    order by 1, 3 desc, 2`);
  return rows;
}

/** The same of one table alone, by day; days without a job are left out. */
export async function selectTableCosts(
  db: Db,
  tableId: number,
  now: Date,
  days: number,
): Promise<{ day: string; bytesBilled: number; jobs: number }[]> {
  const { rows } = await db.execute<{ day: string; bytesBilled: number; jobs: number }>(sql`
    select to_char(j.created_at at time zone 'UTC', 'YYYY-MM-DD') as day,
      coalesce(sum(j.bytes_billed), 0)::float8 as "bytesBilled",
      count(*)::int as jobs
    from jobs j
    where j.table_id = ${tableId} and ${isWithin(now, days)}
    group by 1`);
  return rows;
}

/** By all jobs since then. */
export async function sumBilledSince(db: Db, since: Date): Promise<number> {
  const { rows } = await db.execute<{ bytes: number }>(sql`
    select coalesce(sum(j.bytes_billed), 0)::float8 as bytes from jobs j
    where j.created_at >= ${since.toISOString()}::timestamptz`);
  return rows[0]?.bytes ?? 0;
}

/** How many of these jobs are in no sum, because BigQuery has not shown what they billed. */
export async function countUnread(db: Db, now: Date, days: number): Promise<number> {
  const { rows } = await db.execute<{ count: number }>(sql`
    select count(*)::int as count from jobs j
    where ${isWithin(now, days)} and j.statistics_error is not null`);
  return rows[0]?.count ?? 0;
}

function isWithin(now: Date, days: number): SQL {
  return sql`j.created_at >= (
    date_trunc('day', ${now.toISOString()}::timestamptz at time zone 'UTC')
    - make_interval(days => ${days - 1})) at time zone 'UTC'`;
}
