import { and, desc, eq, inArray, lt, sql } from "drizzle-orm";
import {
  schedulerOperations,
  schedulers,
  schedulerVersions,
} from "../../drizzle/schema/schedulers.ts";
import type { OperationKind, OperationView } from "../../shared/operation.ts";
import type { Specification } from "../../shared/scheduler.ts";
import type { SchedulerVersionView, SchedulerView } from "../../shared/scheduler-view.ts";
import type { Db } from "./client.ts";
import { isoText } from "./sql-text.ts";

export interface SchedulerRow {
  id: number;
  name: string;
  state: SchedulerView["state"];
  version: number;
  desired: number | null;
  specification: Specification;
  major: number;
  minor: number;
}

const columns = {
  id: schedulers.id,
  name: schedulers.name,
  state: schedulers.state,
  version: schedulers.version,
  desired: schedulers.desired,
  specification: schedulerVersions.specification,
  major: schedulerVersions.major,
  minor: schedulerVersions.minor,
};

const ofCurrent = and(
  eq(schedulerVersions.schedulerId, schedulers.id),
  eq(schedulerVersions.version, schedulers.version),
);

/** With its current specification; null: there is none of this name. */
export async function selectScheduler(db: Db, name: string): Promise<SchedulerRow | null> {
  const [row] = await db
    .select(columns)
    .from(schedulers)
    .innerJoin(schedulerVersions, ofCurrent)
    .where(eq(schedulers.name, name));
  return row ?? null;
}

/** The same, locked until the transaction's end: nobody else changes it meanwhile. */
export async function lockScheduler(tx: Db, name: string): Promise<SchedulerRow | null> {
  const [row] = await tx
    .select(columns)
    .from(schedulers)
    .innerJoin(schedulerVersions, ofCurrent)
    .where(eq(schedulers.name, name))
    .for("no key update", { of: schedulers });
  return row ?? null;
}

export async function insertScheduler(tx: Db, name: string): Promise<number> {
  const [row] = await tx
    .insert(schedulers)
    .values({ name, state: "creating" })
    .returning({ id: schedulers.id });
  if (!row) throw new Error("an insert returned no row");
  return row.id;
}

/** The next version, which is the current one from then on. */
export async function insertVersion(
  tx: Db,
  schedulerId: number,
  input: { specification: Specification; change: "first" | "major" | "minor"; actor: string },
): Promise<{ version: number; major: number; minor: number }> {
  const { specification, change, actor } = input;
  const current = sql`(select v.major from scheduler_versions v join schedulers s
    on s.id = v.scheduler_id and s.version = v.version where s.id = ${schedulerId})`;
  const newest = (what: string) =>
    sql`(select coalesce(max(${sql.raw(what)}), 0) + 1 from scheduler_versions where scheduler_id = ${schedulerId})`;
  const [row] = await tx
    .insert(schedulerVersions)
    .values({
      schedulerId,
      specification,
      actor,
      version: newest("version"),
      major: change === "minor" ? current : newest("major"),
      minor:
        change === "minor"
          ? sql`(select max(minor) + 1 from scheduler_versions
              where scheduler_id = ${schedulerId} and major = ${current})`
          : 0,
    })
    .returning({
      version: schedulerVersions.version,
      major: schedulerVersions.major,
      minor: schedulerVersions.minor,
    });
  if (!row) throw new Error("an insert returned no row");
  await tx.update(schedulers).set({ version: row.version }).where(eq(schedulers.id, schedulerId));
  return row;
}

export async function updateSchedulerRow(
  tx: Db,
  id: number,
  values: Partial<Pick<SchedulerRow, "state" | "desired">> & { isScaled?: true },
): Promise<void> {
  const { isScaled, ...rest } = values;
  await tx
    .update(schedulers)
    .set({ ...rest, ...(isScaled ? { scaledAt: sql`clock_timestamp()` } : {}) })
    .where(eq(schedulers.id, id));
}

export async function insertOperation(
  tx: Db,
  operation: {
    schedulerId: number;
    kind: OperationKind;
    actor: string;
    summary: string;
    fromVersion?: number;
  },
): Promise<number> {
  const [row] = await tx
    .insert(schedulerOperations)
    .values(operation)
    .returning({ id: schedulerOperations.id });
  if (!row) throw new Error("an insert returned no row");
  return row.id;
}

/** Ends what is not over and is overtaken; answers the version that an overtaken update came from. */
export async function cancelOperations(
  tx: Db,
  schedulerId: number,
  kinds: OperationKind[],
  reason: string,
): Promise<number | null> {
  const rows = await tx
    .update(schedulerOperations)
    .set({ state: "cancelled", reason, endedAt: sql`clock_timestamp()` })
    .where(
      and(
        eq(schedulerOperations.schedulerId, schedulerId),
        inArray(schedulerOperations.kind, kinds),
        inArray(schedulerOperations.state, ["pending", "running"]),
      ),
    )
    .returning({ fromVersion: schedulerOperations.fromVersion });
  return rows.find(({ fromVersion }) => fromVersion !== null)?.fromVersion ?? null;
}

/** The newest first. */
export function selectOperations(
  db: Db,
  schedulerId: number,
  options: { limit: number; before?: number | undefined },
): Promise<OperationView[]> {
  return db
    .select({
      id: schedulerOperations.id,
      kind: schedulerOperations.kind,
      state: schedulerOperations.state,
      actor: schedulerOperations.actor,
      summary: schedulerOperations.summary,
      progress: schedulerOperations.progress,
      reason: schedulerOperations.reason,
      createdAt: sql<string>`${isoText("scheduler_operations.created_at")}`,
      startedAt: sql<string | null>`${isoText("scheduler_operations.started_at")}`,
      endedAt: sql<string | null>`${isoText("scheduler_operations.ended_at")}`,
    })
    .from(schedulerOperations)
    .where(
      and(
        eq(schedulerOperations.schedulerId, schedulerId),
        options.before === undefined ? undefined : lt(schedulerOperations.id, options.before),
      ),
    )
    .orderBy(desc(schedulerOperations.id))
    .limit(options.limit);
}

/** By name; of one where it is given. */
export async function selectSchedulerViews(db: Db, name?: string): Promise<SchedulerView[]> {
  const rows = await db
    .select({
      ...columns,
      createdAt: sql<string>`${isoText("schedulers.created_at")}`,
      counts: sql<SchedulerView["rooms"]>`coalesce((
        select jsonb_object_agg(state, n) from (
          select r.state, count(*)::int as n from rooms r
          where r.scheduler_id = ${schedulers.id} and r.state <> 'terminated'
          group by r.state) c), '{}'::jsonb)`,
      operation: sql<SchedulerView["operation"]>`(
        select jsonb_build_object('id', o.id::float8, 'kind', o.kind, 'state', o.state,
          'actor', o.actor, 'summary', o.summary, 'progress', o.progress, 'reason', o.reason,
          'createdAt', ${isoText("o.created_at")}, 'startedAt', ${isoText("o.started_at")},
          'endedAt', null)
        from scheduler_operations o
        where o.scheduler_id = ${schedulers.id} and o.state in ('pending', 'running')
        order by o.id limit 1)`,
    })
    .from(schedulers)
    .innerJoin(schedulerVersions, ofCurrent)
    .where(name === undefined ? undefined : eq(schedulers.name, name))
    .orderBy(schedulers.name);
  return rows.map(({ counts, major, minor, version: _, ...row }) => ({
    ...row,
    rooms: counts,
    version: `${major}.${minor}`,
  }));
}

/** The newest first; of one version where it is given, such as `2.1`. */
export function selectVersions(
  db: Db,
  schedulerId: number,
  options: { limit: number; version?: string },
): Promise<SchedulerVersionView[]> {
  const version = sql<string>`${schedulerVersions.major} || '.' || ${schedulerVersions.minor}`;
  return db
    .select({
      id: schedulerVersions.id,
      version,
      specification: schedulerVersions.specification,
      savedBy: schedulerVersions.actor,
      savedAt: sql<string>`${isoText("scheduler_versions.created_at")}`,
      failure: schedulerVersions.failure,
      isCurrent: sql<boolean>`${schedulerVersions.version} = ${schedulers.version}`,
    })
    .from(schedulerVersions)
    .innerJoin(schedulers, eq(schedulers.id, schedulerVersions.schedulerId))
    .where(
      and(
        eq(schedulerVersions.schedulerId, schedulerId),
        options.version === undefined ? undefined : eq(version, options.version),
      ),
    )
    .orderBy(desc(schedulerVersions.version))
    .limit(options.limit);
}
