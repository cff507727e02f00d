import { randomBytes } from "node:crypto";
import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { eq, sql } from "drizzle-orm";
import { expect } from "vitest";
import { tableRuns } from "../../../drizzle/schema/runs.ts";
import { tables } from "../../../drizzle/schema/tables.ts";
import { transfers } from "../../../drizzle/schema/transfers.ts";
import { createGoogleClients } from "../../../server/connectors/google-clients.ts";
import { type Engine, startRunner } from "../../../server/daemon/engine.ts";
import { createDatabase } from "../../../server/services/databases/create-database.ts";
import { cancelRun } from "../../../server/services/runs/cancel-run.ts";
import { startRun } from "../../../server/services/runs/start-run.ts";
import { sweepBucket } from "../../../server/services/runs/sweep-bucket.ts";
import { releaseTransfers } from "../../../server/services/transfers/release-transfers.ts";
import type { DatabaseKind } from "../../../shared/database.ts";
import { chooseTables, nobody } from "../../support/choose-tables.ts";
import { createTestDatabase } from "../../support/database.ts";
import { connectCloud, createEngineDeps, type EngineDeps } from "../../support/engine-deps.ts";
import { startHttpProxy } from "../../support/http-proxy.ts";
import { startPostgresProxy } from "../../support/postgres-proxy.ts";
import { startTcpProxy } from "../../support/tcp-proxy.ts";
import { until } from "../../support/until.ts";
import type { FleetProcess } from "./fleet.ts";
import type { Part } from "./fleet-process.ts";
import type { Proxies } from "./sites.ts";
import type { Digest } from "./sql-place.ts";
import type { Surroundings } from "./surroundings.ts";

/** What dead attempts have staged goes after a day. */
const sweptAfterMs = 2 * 86_400_000;
/** A file that could not be removed after its load is tried again a minute later. */
const leftoversMs = 90_000;

/**
 * One Maestro of its own over what a test file shares: a database, a project and a bucket, with proxies
 * before everything that its daemons and rooms reach. The test itself reaches all of it without.
 */
export async function openTransferCase(
  surroundings: Surroundings,
  kind: DatabaseKind,
  importDividedFrom = 0,
) {
  const place = surroundings.places[kind];
  const name = `t${randomBytes(5).toString("hex")}`;
  const directory = join(surroundings.directory, name);
  await mkdir(directory);
  const maestro = await createTestDatabase();
  const { connectionString } = maestro;
  const [database, cloud, proxied] = await Promise.all([
    startTcpProxy(place.address),
    startHttpProxy(surroundings.cloudUrl),
    startPostgresProxy(connectionString),
  ]);
  const proxies: Proxies = { database, cloud, maestro: proxied };
  const reached = { connectionString, ...(await connectCloud(surroundings.cloudUrl, name)) };
  const deps = createEngineDeps({ ...reached, instanceId: name, processId: "test" });
  await deps.objectStore.ensureBucket();
  const { tls: _, ...address } = place.address;
  const input = { name: "database", ...address, port: database.port, mayExport: true };
  const { id: databaseId } = await createDatabase(deps, { ...input, tlsMode: "disable" }, nobody);
  const processes: FleetProcess[] = [];
  const engines: { engine: Engine; own: EngineDeps }[] = [];

  const reads = await openReads(deps, surroundings, name);
  const start = async (role: Part["role"], own: string) => {
    const process = await surroundings.fleet.start({
      role,
      name: own,
      connectionString: proxied.connectionString,
      cloudUrl: cloud.url,
      projectId: name,
      temporaryDirectory: directory,
      importDividedFrom,
    });
    processes.push(process);
    return process;
  };
  return {
    name,
    /** Where rooms stage rows. */
    directory,
    place,
    deps,
    proxies,
    databaseId,
    startRoom: (own: string) => start("room", own),
    startDaemon: (own: string) => start("daemon", own),
    /** In this process: sooner there. */
    startDaemonHere(own: string) {
      const ownDeps = createEngineDeps({ ...reached, instanceId: name, processId: own });
      engines.push({ engine: startRunner(ownDeps), own: ownDeps });
    },
    /** As if half a minute had passed. */
    expireLeases: () =>
      deps.db.update(transfers).set({ leaseUntil: sql`clock_timestamp() - interval '1 second'` }),
    /** As the daemon does that has started the room. */
    releaseRoom: (own: string) => releaseTransfers(deps, own),
    output: () => processes.map((process) => process.output()).join(""),
    ...reads,
    /** Once all has ended and the sweepers have run. */
    async checkNothingLeft() {
      // No room has a connection to it, and it does nothing more for one.
      const isAlone = async () => database.connections() === 0 && (await place.busy(name)) === 0;
      await until("the database is left alone", isAlone);
      await until(
        "no staged rows are on a disk",
        async () => (await readdir(directory)).length === 0,
      );
      const swept = { ...deps, now: () => new Date(Date.now() + sweptAfterMs) };
      // The cloud may come to the end of an upload later than the room that has given it up.
      const isEmpty = async () => {
        await sweepBucket(swept, new AbortController().signal);
        return (await reads.objects()).length === 0;
      };
      await until("no file is in the bucket", isEmpty, leftoversMs);
      const tables = await place.tables();
      expect(tables.filter((table) => table.includes(`maestro_${name}`))).toEqual([]);
    },
    async close() {
      for (const process of processes) await process.end("SIGKILL");
      for (const { engine, own } of engines) {
        await engine.stop();
        await own.close();
      }
      await deps.close();
      await Promise.all([database.close(), cloud.close(), proxied.close()]);
      await maestro.drop();
    },
  };
}

export type TransferCase = Awaited<ReturnType<typeof openTransferCase>>;

/** What a test asks of the rows and of the warehouse. */
async function openReads(deps: EngineDeps, { cloudUrl }: Surroundings, projectId: string) {
  const { bigquery } = await createGoogleClients({
    projectId,
    location: "US",
    localCloudUrl: cloudUrl,
  });
  const ask = async (query: string) => {
    const [rows] = await bigquery.query({ query, useQueryCache: false });
    return rows[0] as Record<string, unknown> | undefined;
  };
  const readTransfer = async (tableRunId: number) => {
    const [row] = await deps.db
      .select()
      .from(transfers)
      .where(eq(transfers.tableRunId, tableRunId));
    return row ?? null;
  };
  return {
    readTransfer,
    /** Starts a run of one table; its table run. */
    async run(tableId: number): Promise<number> {
      const { runId } = await startRun(deps, chooseTables([tableId]), nobody);
      const [row] = await deps.db.select().from(tableRuns).where(eq(tableRuns.runId, runId));
      return row?.id ?? 0;
    },
    async ended(tableRunId: number) {
      const read = async () =>
        (await deps.db.select().from(tableRuns).where(eq(tableRuns.id, tableRunId)))[0];
      const isEnded = async () => (await read())?.endedAt != null;
      await until(`table run ${tableRunId} ended`, isEnded, 60_000);
      const row = await read();
      return { state: row?.state, reason: row?.reason?.text ?? null };
    },
    async cancel(tableRunId: number) {
      const [row] = await deps.db.select().from(tableRuns).where(eq(tableRuns.id, tableRunId));
      await cancelRun(deps, row?.runId ?? 0, nobody);
    },
    async readTable(tableId: number) {
      const [row] = await deps.db.select().from(tables).where(eq(tables.id, tableId));
      return row;
    },
    async digest(table: string): Promise<Digest | null> {
      const row = await ask(`select count(*) as n, to_hex(md5(string_agg(concat(
        cast(id as string), '|', ifnull(name, '~'), '|', cast(amount as string)), ',' order by id))) as digest
        from ${table}`);
      return row ? { rows: Number(row["n"]), digest: String(row["digest"]) } : null;
    },
    /** Rows and their sum, as a reader of the warehouse sees them; `none` where there is no table. */
    async glance(table: string): Promise<string | null> {
      try {
        const row = await ask(`select count(*) as n, sum(id) as total from ${table}`);
        return row ? `${Number(row["n"])} rows, ${Number(row["total"])}` : null;
      } catch (error) {
        if (/not found/i.test(String(error))) return "none";
        throw error;
      }
    },
    objects: async () => {
      const found = await deps.objectStore.list("");
      return found.map((object) => `${object.name} ${object.bytes}`);
    },
  };
}
