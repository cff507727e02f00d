import { sql } from "drizzle-orm";
import { databases } from "../../drizzle/schema/tables.ts";
import type { Db } from "./client.ts";

/*
 * The bytes a second of a database, shared by all its transfers in whatever process.
 *
 * `paced_until` is the instant up to which the bytes are given away that the limit allows. Who wants
 * to move bytes reserves them: the instant moves on by the time that they take at the limit of now, and
 * the bytes may be moved at the instant as it was. So each byte is given once, in the order of the
 * asking, and with any number of transfers their sum is the limit. A reservation is of a quarter of a
 * second at most: a limit that changes holds that soon, and a process that dies takes no more with it.
 */

const longestSeconds = 0.25;

export interface Reservation {
  bytes: number;
  /** How long to wait before they are moved. */
  waitMs: number;
}

/** Up to `bytes`; null where the database has no limit, or is gone. */
export async function reserveBytes(
  db: Db,
  databaseId: number,
  bytes: number,
): Promise<Reservation | null> {
  const { rows } = await db.execute<{ bytes: string; wait: number }>(sql`
    update ${databases} set paced_until = p.start + make_interval(secs => p.bytes / p.rate)
    from (
      select d.id, d.bytes_per_second::float8 as rate,
        greatest(d.paced_until, clock_timestamp()) as start,
        least(${bytes}::float8, ceil(d.bytes_per_second * ${longestSeconds}::float8)) as bytes
      from ${databases} d where d.id = ${databaseId} and d.bytes_per_second is not null
      for no key update
    ) p
    where ${databases.id} = p.id
    returning p.bytes, extract(epoch from p.start - clock_timestamp())::float8 as wait`);
  const [row] = rows;
  return row ? { bytes: Number(row.bytes), waitMs: Math.max(0, row.wait * 1000) } : null;
}

/** Gives back what was reserved and not moved. */
export async function returnBytes(db: Db, databaseId: number, bytes: number): Promise<void> {
  await db.execute(sql`
    update ${databases} set paced_until = paced_until - make_interval(secs => ${bytes}::float8 / bytes_per_second)
    where id = ${databaseId} and bytes_per_second is not null and paced_until is not null`);
}
