import { setTimeout as delay } from "node:timers/promises";
import type { BigQuery, Job } from "@google-cloud/bigquery";
import type pg from "pg";
import { createGoogleClients } from "../../server/connectors/google-clients.ts";
import { createDbClient } from "../../server/db/client.ts";
import type { BenchTable } from "./graphs.ts";
import type { Surroundings } from "./setting.ts";
import { type Timed, timed } from "./timed.ts";

/*
 * A plain orchestrator, as one writes it honestly in an afternoon: a loop that turns every second,
 * asks for each running job and writes its end in a transaction, claims ready tables one at a time
 * by SKIP LOCKED, and submits their jobs one after another through Google's client.
 */
const turnMs = 1_000;

export interface NaiveInput {
  tables: BenchTable[];
  width: number;
}

export async function prepare({ connectionString, warehouseUrl }: Surroundings) {
  const { pool } = createDbClient({ connectionString, poolSize: 2, applicationName: "naive" });
  await pool.query(`
    create table if not exists tables (name text primary key, state text, parents_left int);
    create table if not exists edges (parent text, child text, primary key (parent, child));
  `);
  const project = { projectId: "test", location: "US", localCloudUrl: warehouseUrl };
  const { bigquery } = await createGoogleClients(project);
  return ({ tables, width }: NaiveInput): Promise<Timed> =>
    timed(async () => {
      await store(pool, tables);
      await work(pool, bigquery, width);
    });
}

async function store(pool: pg.Pool, tables: BenchTable[]): Promise<void> {
  await pool.query("truncate tables, edges");
  for (const { name, parents } of tables) {
    await pool.query("insert into tables values ($1, 'waiting', $2)", [name, parents.length]);
    for (const parent of parents) {
      await pool.query("insert into edges values ($1, $2)", [parent, name]);
    }
  }
}

async function work(pool: pg.Pool, bigquery: BigQuery, width: number): Promise<void> {
  const running = new Map<string, Job>();
  for (;;) {
    for (const [name, job] of running) {
      const [metadata] = await job.getMetadata();
      if (metadata.status.state !== "DONE") continue;
      await complete(pool, name);
      running.delete(name);
    }
    while (running.size < width) {
      const name = await claim(pool);
      if (name === null) break;
      running.set(name, await submit(bigquery, name));
    }
    if (running.size === 0) return;
    await delay(turnMs);
  }
}

async function claim(pool: pg.Pool): Promise<string | null> {
  const { rows } = await pool.query<{ name: string }>(`
    update tables set state = 'running' where name = (
      select name from tables where state = 'waiting' and parents_left = 0
      order by name limit 1 for update skip locked
    ) returning name`);
  return rows[0]?.name ?? null;
}

async function submit(bigquery: BigQuery, name: string): Promise<Job> {
  const destinationTable = { projectId: "test", datasetId: "naive", tableId: name };
  const query = { query: `select '${name}' as name`, destinationTable, useLegacySql: false };
  const [job] = await bigquery.createJob({ configuration: { query } });
  return job;
}

async function complete(pool: pg.Pool, name: string): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query("begin");
    await client.query("update tables set state = 'succeeded' where name = $1", [name]);
    await client.query(
      `update tables set parents_left = parents_left - 1
       where name in (select child from edges where parent = $1)`,
      [name],
    );
    await client.query("commit");
  } finally {
    client.release();
  }
}
