import { rmSync } from "node:fs";
import { chmod, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { pino } from "pino";
import { type DatabaseAddress, preferTls } from "../../server/connectors/database-address.ts";
import { migrateDatabase } from "../../server/db/migrate.ts";
import { startLocalCloudProcess } from "../../server/embedded/local-cloud-process.ts";
import { ensureDatabase, startEmbeddedPostgres } from "../../server/embedded/postgres.ts";
import { type MariaDb, startMariaDb } from "../../test/support/mariadb.ts";
import type { BenchOptions } from "../support/options.ts";
import { type Checksums, sourceChecksums } from "./checksums.ts";
import { copyToMariaDb } from "./copy-to-mariadb.ts";
import { fillStatements, type SourceTable, sourceTables } from "./source-rows.ts";

export interface Setting {
  directory: string;
  postgres: DatabaseAddress;
  /** Null where MariaDB cannot be started, and why. */
  mariadb: DatabaseAddress | null;
  mariadbFault: string;
  /** Of the source's rows, by table. */
  checksums: Record<SourceTable, Checksums>;
  /** Maestro's own database, and the local cloud. */
  surroundings: { connectionString: string; cloudUrl: string };
  close(): Promise<void>;
}

/** Both servers with the same rows, Maestro's database and a local cloud, each a process of its own. */
export async function openSetting(rows: number, log: BenchOptions["log"]): Promise<Setting> {
  const directory = await mkdtemp(join(tmpdir(), "maestro-bench-"));
  await chmod(directory, 0o755);
  process.once("exit", () => rmSync(directory, { recursive: true, force: true, maxRetries: 3 }));
  const silent = pino({ level: "silent" });
  const home = join(directory, "postgres");
  await mkdir(home);
  const server = await startEmbeddedPostgres({
    directory: home,
    log: silent,
    settings: ["max_wal_size=4GB"],
  });
  await ensureDatabase(server, "source");
  await ensureDatabase(server, "maestro");
  await migrateDatabase(server.connectionString("maestro"));
  log(`making ${rows} rows`);
  const postgres = addressOf(server.connectionString("source"));
  const checksums = await fillPostgres(server.connectionString("source"), rows);
  const mariadb = await fillMariaDb(postgres, directory).catch((error: unknown) => String(error));
  const command = [
    process.execPath,
    fileURLToPath(new URL("../../server/main.ts", import.meta.url)),
  ];
  const cloud = await startLocalCloudProcess({
    command: [...command, "local-cloud"],
    directory: join(directory, "cloud"),
    log: silent,
  });
  return {
    directory,
    postgres,
    mariadb: typeof mariadb === "string" ? null : mariadb.address,
    mariadbFault: typeof mariadb === "string" ? mariadb : "",
    checksums,
    surroundings: { connectionString: server.connectionString("maestro"), cloudUrl: cloud.url },
    async close() {
      if (typeof mariadb !== "string") await mariadb.stop();
      await cloud.stop();
      await server.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function fillPostgres(url: string, rows: number): Promise<Setting["checksums"]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    for (const statement of fillStatements(rows)) await client.query(statement);
    const [orders, baskets] = await Promise.all(
      sourceTables.map((table) => sourceChecksums(client, table)),
    );
    if (!orders || !baskets) throw new Error("a table has no checksums");
    return { orders, baskets };
  } finally {
    await client.end();
  }
}

async function fillMariaDb(postgres: DatabaseAddress, directory: string): Promise<MariaDb> {
  const mariadb = await startMariaDb(["--innodb-buffer-pool-size=256M"]);
  try {
    await copyToMariaDb(postgres, mariadb.address, join(directory, "rows.txt"));
    return mariadb;
  } catch (error) {
    await mariadb.stop();
    throw error;
  }
}

function addressOf(connectionString: string): DatabaseAddress {
  const url = new URL(connectionString);
  return {
    kind: "postgres",
    tls: preferTls,
    host: url.hostname,
    port: Number(url.port),
    database: url.pathname.slice(1),
    username: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
  };
}
