import { type SQL, sql } from "drizzle-orm";
import type { TableKind, TableListItem, TableNameItem, TableStatus } from "../../shared/table.ts";
import { allEdges, edgesInto, edgesOutOf } from "./catalog-edges.ts";
import type { Db } from "./client.ts";
import { isoText } from "./sql-text.ts";

/** The newest table run of each table `t`, by the index on (table_id, id). */
const latestTableRun = sql`
  left join lateral (
    select r.id, r.run_id, r.state, r.reason, r.started_at, r.ended_at
    from table_runs r where r.table_id = t.id order by r.id desc limit 1
  ) latest on true`;

/** What an unfinished one waits for is not stored: explain-waits.ts tells it. */
const statusColumns = sql`
  case latest.state when 'ready' then 'waiting' else coalesce(latest.state, 'never') end as status,
  (latest.reason ->> 'text') || coalesce(': ' || (
    select left(c.reason ->> 'text', 300) from table_runs c
    where c.id = (latest.reason ->> 'tableRunId')::bigint), '') as "statusReason",
  latest.id::float8 as "tableRunId",
  ${isoText("coalesce(latest.started_at, latest.ended_at)")} as "lastRunAt"`;

interface LatestTableRun {
  /** Null: it never ran. */
  tableRunId: number | null;
}

/** The whole list in one statement, in the order of names; 10,000 tables stay in tens of milliseconds. */
export async function selectTableList(
  db: Db,
  filter: {
    kind?: TableKind | undefined;
    search?: string | undefined;
    /** That it is imported from or exported to. */
    databaseId?: number | undefined;
    id?: number;
    limit: number;
  },
): Promise<(TableListItem & LatestTableRun)[]> {
  const where: SQL[] = [sql`t.deleted_at is null`];
  if (filter.kind !== undefined) where.push(sql`t.kind = ${filter.kind}`);
  if (filter.id !== undefined) where.push(sql`t.id = ${filter.id}`);
  if (filter.databaseId !== undefined) {
    where.push(sql`${filter.databaseId} in (t.import_database_id, t.export_database_id)`);
  }
  if (filter.search) {
    where.push(sql`strpos(lower(d.name || '.' || t.name), lower(${filter.search})) > 0`);
  }
  const edges =
    filter.id === undefined
      ? allEdges
      : sql`${edgesInto(filter.id)} union ${edgesOutOf(filter.id)}`;
  const { rows } = await db.execute<TableListItem & LatestTableRun & Record<string, unknown>>(sql`
    with edges as materialized (${edges}),
      parents as (select child as id, count(*)::int as n from edges group by child),
      children as (select parent as id, count(*)::int as n from edges group by parent)
    select t.id::float8 as id, d.name || '.' || t.name as name, t.kind,
      g.name as "groupName", u.email as "ownerEmail",
      t.frequency_id::float8 as "frequencyId", f.name as "frequencyName",
      ${statusColumns},
      ${isoText("t.last_ok_at")} as "lastOkAt",
      t.row_count::float8 as "rowCount", t.bytes::float8 as bytes,
      coalesce(parents.n, 0) as "parentCount", coalesce(children.n, 0) as "childCount",
      ${isoText("t.updated_at")} as "updatedAt"
    from tables t
    join datasets d on d.id = t.dataset_id
    left join groups g on g.id = t.group_id
    left join users u on u.id = t.owner_id
    left join frequencies f on f.id = t.frequency_id
    left join parents on parents.id = t.id
    left join children on children.id = t.id
    ${latestTableRun}
    where ${sql.join(where, sql` and `)}
    order by d.name, t.name
    limit ${filter.limit}`);
  return rows;
}

interface StatusRow extends LatestTableRun, Record<string, unknown> {
  id: number;
  name: string;
  kind: TableKind;
  frequencyId: number | null;
  status: TableStatus;
  statusReason: string | null;
  runId: number | null;
  lastRunAt: string | null;
  lastOkAt: string | null;
}

export async function selectTableNames(db: Db): Promise<TableNameItem[]> {
  const { rows } = await db.execute<TableNameItem & Record<string, unknown>>(sql`
    select t.id::float8 as id, d.name || '.' || t.name as name, t.kind
    from tables t join datasets d on d.id = t.dataset_id
    where t.deleted_at is null order by d.name, t.name`);
  return rows;
}

/** Names and states alone, of all tables or of some. */
export async function selectTableStatuses(db: Db, ids?: SQL): Promise<StatusRow[]> {
  const { rows } = await db.execute<StatusRow>(sql`
    select t.id::float8 as id, d.name || '.' || t.name as name, t.kind,
      t.frequency_id::float8 as "frequencyId", ${statusColumns},
      latest.run_id::float8 as "runId", ${isoText("t.last_ok_at")} as "lastOkAt"
    from tables t
    join datasets d on d.id = t.dataset_id
    ${latestTableRun}
    where t.deleted_at is null ${ids === undefined ? sql`` : sql`and t.id = any(${ids})`}
    order by d.name, t.name`);
  return rows;
}
