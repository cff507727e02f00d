import { sql } from "drizzle-orm";
import type { RoomState } from "../../../shared/room.ts";
import type { Deps } from "../deps.ts";

/** How long the oldest of what waits has waited; 0: nothing does. */
export interface QueueAge extends Record<string, unknown> {
  queue: "table_run" | "transfer" | "operation";
  seconds: number;
}

/** Of table runs that wait for a slot, transfers for a room and operations for a watcher; for the metrics. */
export async function measureQueues(deps: Pick<Deps, "db">): Promise<QueueAge[]> {
  const { rows } = await deps.db.execute<QueueAge>(sql`
    select queue, coalesce(extract(epoch from clock_timestamp() - oldest), 0)::float8 as seconds
    from (
      select 'table_run' as queue, min(ready_at) as oldest from table_runs where state = 'ready'
      union all
      -- The first condition is that of the index.
      select 'transfer', min(created_at) from transfers
      where state in ('queued', 'running') and state = 'queued'
      union all
      select 'operation', min(created_at) from scheduler_operations where state = 'pending'
    ) queues`);
  return rows;
}

export interface RoomCount extends Record<string, unknown> {
  scheduler: string;
  state: RoomState;
  count: number;
}

/** Rooms that are there by scheduler and state; for the metrics. */
export async function countRooms(deps: Pick<Deps, "db">): Promise<RoomCount[]> {
  const { rows } = await deps.db.execute<RoomCount>(sql`
    select s.name as scheduler, r.state, count(*)::int as count
    from rooms r join schedulers s on s.id = r.scheduler_id
    where r.state <> 'terminated' group by s.name, r.state`);
  return rows;
}
