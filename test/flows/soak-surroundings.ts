import { chmod, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { pino } from "pino";
import { migrateDatabase } from "../../server/db/migrate.ts";
import { ensureDatabase, startEmbeddedPostgres } from "../../server/embedded/postgres.ts";
import { bundleEngine } from "../support/bundle-engine.ts";
import { startPostgresProxy } from "../support/postgres-proxy.ts";
import { until } from "../support/until.ts";
import { startSoakDaemons } from "./soak-daemons.ts";

/** A PostgreSQL of the soak's own, and daemons that reach it through a proxy; both can be struck. */
export async function openSoak() {
  const directory = await mkdtemp(join(tmpdir(), "maestro-soak-"));
  await chmod(directory, 0o755);
  const log = pino({ level: "silent" });
  const server = await startEmbeddedPostgres({ directory, log });
  await ensureDatabase(server, "soak");
  const connectionString = server.connectionString("soak");
  await migrateDatabase(connectionString);
  const proxy = await startPostgresProxy(connectionString);
  const todaysEngine = await bundleEngine(directory);
  const daemons = startSoakDaemons(join(directory, "daemons.log"));

  return {
    directory,
    connectionString,
    startDaemon(slot: string, warehouseUrl: string, name: string, engine: URL = todaysEngine) {
      daemons.start(slot, { name, engine, parameters: [proxy.connectionString, warehouseUrl] });
    },
    killDaemon: (slot: string) => daemons.kill(slot),
    /** Of daemons that ended by themselves. */
    deaths: daemons.deaths,
    /** As if its machine had lost power; it is started again by itself. Resolves when it answers. */
    async stopPostgres() {
      const [first = ""] = (await readFile(await pidFileOf(connectionString), "utf8")).split("\n");
      process.kill(Number(first), "SIGQUIT");
      await until("PostgreSQL has gone", () => !isAlive(Number(first)));
      await until("PostgreSQL answers again", () => answers(connectionString));
    },
    /** For the daemons alone. */
    away: { refuse: proxy.refuse, hang: proxy.hang, comeBack: () => proxy.comeBack() },
    async close({ keep }: { keep: boolean }) {
      await daemons.close();
      await proxy.close();
      await server.stop();
      if (!keep) await rm(directory, { recursive: true, force: true });
    },
  };
}

async function pidFileOf(connectionString: string): Promise<string> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  const { rows } = await client.query<{ data_directory: string }>("show data_directory");
  await client.end();
  return join(rows[0]?.data_directory ?? "", "postmaster.pid");
}

async function answers(connectionString: string): Promise<boolean> {
  const client = new pg.Client({ connectionString });
  client.on("error", () => undefined);
  try {
    await client.connect();
    await client.end();
    return true;
  } catch {
    return false;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
