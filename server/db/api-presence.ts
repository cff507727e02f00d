import { sql } from "drizzle-orm";
import type { Db } from "./client.ts";

/*
 * Whether rooms have had an API to ping. Every API process says again and again that it is there, each
 * time for some seconds. Where none says so in time there was a gap, after which `since` begins anew; so
 * a gap is known for as long as anybody may ask, also to who did not look meanwhile.
 */

export async function keepApiPresence(db: Db, forMs: number): Promise<void> {
  await db.execute(sql`
    insert into api_presence as p (id, since, until)
    values (1, clock_timestamp(), clock_timestamp() + make_interval(secs => ${forMs / 1_000}))
    on conflict (id) do update set
      since = case when p.until < excluded.since then excluded.since else p.since end,
      until = greatest(p.until, excluded.until)`);
}

/** For how long, in milliseconds, an API has been there without a gap; 0: none is; null: none has ever said. */
export async function selectApiPresence(db: Db): Promise<number | null> {
  const { rows } = await db.execute<{ ms: number }>(sql`
    select case when until < clock_timestamp() then 0
      else extract(epoch from clock_timestamp() - since)::float8 * 1000 end as ms
    from api_presence`);
  return rows[0]?.ms ?? null;
}
