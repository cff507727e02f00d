import pg from "pg";
import { createObjectStore } from "../../../server/connectors/gcs.ts";
import { createGoogleClients } from "../../../server/connectors/google-clients.ts";
import { createDatabase } from "../../../server/services/databases/create-database.ts";
import { startRun } from "../../../server/services/runs/start-run.ts";
import { createSecretBox } from "../../../server/support/crypto.ts";
import { insertCatalog } from "../../support/catalog.ts";
import { chooseTables, nobody } from "../../support/choose-tables.ts";
import { connectCloud, createEngineDeps } from "../../support/engine-deps.ts";
import { until } from "../../support/until.ts";
import { type Fleet, secret } from "./fleet-surroundings.ts";

const rowsAtOnce = 20_000;
const tableNames = ["orders", "visits", "scores"];
const patienceMs = 180_000;

/** Imports by increments, one after another while the fleet is struck: each adds what the source was given before. */
export async function startImports(fleet: Fleet) {
  const source = new pg.Client({ connectionString: fleet.source });
  // It is ended with its server where the soak is broken off.
  source.on("error", () => undefined);
  await source.connect();
  const cloud = await connectCloud(fleet.cloudUrl, "maestro-local");
  const project = { projectId: "maestro-local", location: "US", localCloudUrl: fleet.cloudUrl };
  const { bigquery, storage } = await createGoogleClients(project);
  await createObjectStore({ storage, bucket: project.projectId }).ensureBucket();
  const { connectionString } = fleet;
  const deps = {
    ...createEngineDeps({ connectionString, ...cloud, processId: "fleet soak" }),
    secretBox: createSecretBox(secret),
  };
  const { hostname, port, username, password, pathname } = new URL(fleet.source);
  const { id: importDatabaseId } = await createDatabase(
    deps,
    {
      name: "source",
      kind: "postgres",
      host: hostname,
      port: Number(port),
      username: decodeURIComponent(username),
      password: decodeURIComponent(password),
      database: pathname.slice(1),
      tlsMode: "disable",
    },
    nobody,
  );
  for (const name of tableNames) {
    await source.query(`create table ${name} (id bigint primary key, note text)`);
  }
  const ids = await insertCatalog(
    deps.db,
    tableNames.map((name) => ({
      name,
      kind: "import",
      query: "",
      importDatabaseId,
      importTable: name,
      idColumn: "id",
    })),
  );
  let rounds = 0;
  let isStopping = false;
  const round = async () => {
    for (const name of tableNames) {
      await source.query(
        `insert into ${name} select n, repeat('x', 200) from generate_series($1::bigint, $2::bigint) n`,
        [rounds * rowsAtOnce + 1, (rounds + 1) * rowsAtOnce],
      );
    }
    const { runId } = await startRun(deps, chooseTables(ids.values()), nobody);
    const isEnded = async () => {
      const { rows } = await fleet.client.query(
        "select 1 from runs where id = $1 and ended_at is not null",
        [runId],
      );
      return rows.length > 0;
    };
    await until(`run ${runId} has ended`, isEnded, patienceMs);
    rounds += 1;
  };
  const running = (async () => {
    while (!isStopping) await round();
  })();
  running.catch(() => undefined);

  return {
    /** Ends after the round under way; what was lost or doubled. */
    async stop(): Promise<{ rounds: number; rows: number; faults: string[] }> {
      isStopping = true;
      await running;
      const faults: string[] = [];
      for (const name of tableNames) {
        const n = rounds * rowsAtOnce;
        const wanted = `${n} rows, ${n} ids, sum ${(n * (n + 1)) / 2}`;
        const query = `select count(*) as n, count(distinct id) as ids, sum(id) as total from d.${name}`;
        const found = await bigquery.query({ query, useQueryCache: false }).then(
          ([[row]]) => `${row.n} rows, ${row.ids} ids, sum ${row.total}`,
          (error: unknown) => String(error),
        );
        if (found !== wanted) faults.push(`${name}: ${found} instead of ${wanted}`);
      }
      const { rows: failed } = await fleet.client.query<{ id: number; reason: string }>(
        "select id, reason ->> 'text' as reason from table_runs where state <> 'succeeded'",
      );
      for (const { id, reason } of failed) faults.push(`table run ${id}: ${reason}`);
      const { rows } = await fleet.client.query<{ id: number; state: string }>(
        "select id, state from transfers where state <> 'succeeded'",
      );
      for (const { id, state } of rows) faults.push(`transfer ${id} is ${state}`);
      await deps.close();
      await source.end();
      return { rounds, rows: rounds * rowsAtOnce * tableNames.length, faults };
    },
  };
}
