import { createDbClient } from "../../server/db/client.ts";
import type { QueueInput } from "./queues.ts";
import type { Surroundings } from "./setting.ts";
import { type Timed, timed } from "./timed.ts";

/** Nothing but claims by SKIP LOCKED, each with its commit; the rows are there before. */
export async function prepare({ connectionString }: Surroundings) {
  const poolSize = 16;
  const { pool } = createDbClient({ connectionString, poolSize, applicationName: "skip locked" });
  await pool.query("create table if not exists queue (id int primary key, state text)");
  await pool.query("create index if not exists ready on queue (id) where state = 'ready'");
  return async ({ count, width }: QueueInput): Promise<Timed> => {
    await pool.query("truncate queue");
    await pool.query("insert into queue select id, 'ready' from generate_series(1, $1) id", [
      count,
    ]);
    let claimed = 0;
    const claimAll = async () => {
      for (;;) {
        const { rowCount } = await pool.query(`
          update queue set state = 'done' where id = (
            select id from queue where state = 'ready' order by id limit 1 for update skip locked
          )`);
        if (rowCount === 0) return;
        claimed += 1;
      }
    };
    const time = await timed(async () => {
      await Promise.all(Array.from({ length: width }, claimAll));
    });
    if (claimed !== count) throw new Error(`${claimed} rows claimed of ${count}`);
    return time;
  };
}
