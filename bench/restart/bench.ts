import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { signIn, until } from "../../test/support/api-client.ts";
import {
  createDataDir,
  type RunningMaestro,
  removeDataDir,
  startMaestro,
} from "../../test/support/start-maestro.ts";
import type { BenchOptions } from "../support/options.ts";
import { noisyCores, waitForQuiet, watchForeignLoad } from "../support/quiet.ts";
import type { BenchResult, Observation, Target } from "../support/report.ts";
import { spreadOf } from "../support/statistics.ts";

const roundsOf = { small: 5, full: 20 };
const limitSeconds = 3;

/** What is killed: the daemon alone, or with the servers that it keeps, as a machine that fails. */
const kinds = {
  "the daemon": async (maestro: RunningMaestro) => {
    await maestro.kill();
  },
  "the daemon, its PostgreSQL and its local cloud": async (maestro: RunningMaestro) => {
    const servers = await serversOf(maestro.dataDir);
    await maestro.kill();
    for (const pid of servers) process.kill(pid, "SIGKILL");
  },
};

/**
 * `maestro start` is killed with the sample project in it and started again: how long it takes from
 * there until its API answers that it is ready.
 */
export async function run({ size, log }: BenchOptions): Promise<BenchResult> {
  const dataDir = await createDataDir();
  let maestro = await startMaestro({ dataDir });
  const observations: Observation[] = [];
  const targets: Target[] = [];
  try {
    await loadSample(maestro);
    for (const [killed, kill] of Object.entries(kinds)) {
      const seconds: number[] = [];
      let noisy = 0;
      for (let round = 0; round < roundsOf[size]; round += 1) {
        await waitForQuiet(5);
        const foreignLoad = watchForeignLoad();
        await kill(maestro);
        const startedAt = performance.now();
        maestro = await startMaestro({ dataDir });
        await requireReady(maestro);
        seconds.push((performance.now() - startedAt) / 1000);
        noisy += foreignLoad() > noisyCores ? 1 : 0;
        log(`${killed}: ${seconds.at(-1)?.toFixed(2)} s`);
      }
      observations.push(observe(killed, seconds, noisy));
      targets.push(targetOf(killed, seconds));
    }
    return {
      comparisons: [],
      observations,
      targets,
      verified: [
        "after each restart /readyz answered 200, and every table of the sample was there",
      ],
      missing: [],
    };
  } finally {
    await maestro.stop();
    await removeDataDir(dataDir);
  }
}

async function loadSample({ signInUrl }: RunningMaestro): Promise<void> {
  const api = await signIn(signInUrl);
  await api.system.loadDemo.mutate();
  const { runId } = await until(
    () => api.system.demo.query(),
    (status) => status.runId !== null,
  );
  await until(
    () => api.runs.get.query({ id: runId as number }),
    ({ state }) => state !== "running",
  );
}

async function requireReady({ url, signInUrl }: RunningMaestro): Promise<void> {
  const ready = await fetch(`${url}/readyz`);
  if (!ready.ok) throw new Error(`/readyz answers ${ready.status}: ${await ready.text()}`);
  const tables = await (await signIn(signInUrl)).tables.list.query({});
  if (tables.length < 15) throw new Error(`only ${tables.length} tables are there`);
}

async function serversOf(dataDir: string): Promise<number[]> {
  const cloud = await readFile(join(dataDir, "cloud/local-cloud.json"), "utf8");
  const postgres = await readFile(join(dataDir, "postgres/server/cluster/postmaster.pid"), "utf8");
  return [(JSON.parse(cloud) as { pid: number }).pid, Number(postgres.split("\n")[0])];
}

function observe(killed: string, seconds: number[], noisy: number): Observation {
  const { median, min, max } = spreadOf(seconds);
  return {
    title: `SIGKILL of ${killed}`,
    note: `From the start to the first answers; ${seconds.length} rounds, ${noisy} of them noisy.`,
    columns: ["median s", "least s", "most s"],
    rows: [[median, min, max].map((value) => value.toFixed(2))],
  };
}

function targetOf(killed: string, seconds: number[]): Target {
  const { max } = spreadOf(seconds);
  return {
    what: `API back after a SIGKILL of ${killed}`,
    reach: `≤ ${limitSeconds} s, each time`,
    measured: `${max.toFixed(2)} s at most`,
    met: max <= limitSeconds,
  };
}
