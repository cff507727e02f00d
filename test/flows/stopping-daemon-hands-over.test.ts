import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { startRun } from "../../server/services/runs/start-run.ts";
import { insertCatalog } from "../support/catalog.ts";
import { chooseTables, nobody } from "../support/choose-tables.ts";
import { createDataDir } from "../support/start-maestro.ts";
import { until } from "../support/until.ts";
import { checkHistory, type Daemons, runEnded, withDaemons } from "./engine-daemons.ts";

/*
 * `maestro worker` itself is asked to stop while it has all slots full, with PostgreSQL there and
 * away. It has to end, and another daemon ends the run, with each job submitted once.
 */

const main = join(import.meta.dirname, "../../server/main.ts");
const timeoutMs = 120_000;

interface Case {
  name: string;
  postgres: "here" | "refuses" | "hangs";
  gracefulSeconds?: number;
  isAskedTwice?: boolean;
  exitCode: number;
  says: string;
}

test.concurrent.each<Case>([
  { name: "asked to stop", postgres: "here", exitCode: 0, says: "stopping" },
  {
    name: "asked to stop while PostgreSQL refuses",
    postgres: "refuses",
    exitCode: 0,
    says: "claims are left to their leases",
  },
  {
    name: "asked to stop while PostgreSQL hangs, for longer than the graceful timeout",
    postgres: "hangs",
    gracefulSeconds: 2,
    exitCode: 1,
    says: '"left":["table run ',
  },
  {
    name: "asked to stop a second time while PostgreSQL hangs",
    postgres: "hangs",
    isAskedTwice: true,
    exitCode: 130,
    says: "stopped at once",
  },
])(
  "$name with many jobs under way: another daemon goes on, and no job is submitted twice",
  ({ postgres, gracefulSeconds = 300, isAskedTwice, exitCode, says }) =>
    withDaemons(async (daemons) => {
      const { deps, warehouse, proxy } = daemons;
      warehouse.durationMs = () => 4_000;
      const graph = Array.from({ length: 20 }, (_, index) => ({ name: `t${index}` }));
      const ids = await insertCatalog(deps.db, graph);
      const { worker, stopped } = await startWorker(daemons, gracefulSeconds);
      const { runId } = await startRun(deps, chooseTables(ids.values()), nobody);
      await until("all slots are full", () => warehouse.jobs.size === 16);
      if (postgres === "refuses") proxy.refuse();
      if (postgres === "hangs") proxy.hang();

      worker.kill("SIGTERM");
      await until("it stops", () => daemons.output.join("").includes("stopping"));
      if (isAskedTwice) worker.kill("SIGTERM");
      expect(await stopped).toBe(exitCode);
      expect(daemons.output.join("")).toContain(says);
      if (postgres === "here") expect(await countLeased(daemons)).toBe(0);

      await daemons.startHere("second");
      await runEnded(daemons, runId);
      await checkHistory(daemons, graph);
    }),
  timeoutMs,
);

async function startWorker(
  { proxy, warehouse, output, keep }: Daemons,
  gracefulSeconds: number,
): Promise<{ worker: ChildProcess; stopped: Promise<number | null> }> {
  const dataDir = await createDataDir();
  const worker = spawn(process.execPath, [main, "worker"], {
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      ...process.env,
      MAESTRO_DATA_DIR: dataDir,
      MAESTRO_DB_CONNECT: proxy.connectionString,
      MAESTRO_LOCAL_CLOUD_URL: warehouse.url,
      MAESTRO_WORKER_GRACEFULSHUTDOWNTIMEOUT: String(gracefulSeconds),
    },
  });
  keep(worker);
  for (const stream of [worker.stdout, worker.stderr]) {
    stream.on("data", (text) => output.push(String(text)));
  }
  const stopped = once(worker, "close").then(async () => {
    await rm(dataDir, { recursive: true, force: true });
    return worker.exitCode;
  });
  return { worker, stopped };
}

/** What no other daemon may take up yet. */
async function countLeased({ deps }: Daemons): Promise<number> {
  const { rows } = await deps.pool.query<{ n: number }>(
    `select count(*)::int as n from table_runs
     where state = 'running' and lease_until > clock_timestamp()`,
  );
  return rows[0]?.n ?? 0;
}
