import { setTimeout as delay } from "node:timers/promises";
import { startEngine } from "../../server/daemon/engine.ts";
import { startRun } from "../../server/services/runs/start-run.ts";
import { chooseTables, nobody } from "../../test/support/choose-tables.ts";
import {
  connectWarehouse,
  createEngineDeps,
  type EngineDeps,
} from "../../test/support/engine-deps.ts";
import type { Surroundings } from "./setting.ts";
import { type Timed, timed } from "./timed.ts";

export interface OursInput {
  tableIds: number[];
  concurrency: number;
  /** Of external tables, which then begin with their load: files by table id. */
  stagedObjects?: [number, string[]][];
}

export interface OursOutput extends Timed {
  runId: number;
}

/** A daemon's first pulses are over by then, as they are in one that serves. */
const settleMs = 200;

/** The engine as a daemon has it; timed from the start of a run, with its assembly, to its end. */
export async function prepare({ connectionString, warehouseUrl }: Surroundings) {
  const warehouse = await connectWarehouse(warehouseUrl);
  const deps = createEngineDeps({ connectionString, warehouse });
  return async (input: OursInput): Promise<OursOutput> => {
    deps.limits.concurrentTableRuns = input.concurrency;
    deps.limits.concurrentTableRunsPerRun = input.concurrency;
    const engine = startEngine(deps);
    await delay(settleMs);
    let runId = 0;
    const time = await timed(async () => {
      runId = await runToEnd(deps, input);
    });
    await engine.stop();
    return { ...time, runId };
  };
}

/** Its id; throws unless it succeeded. */
async function runToEnd(deps: EngineDeps, { tableIds, stagedObjects }: OursInput): Promise<number> {
  const ended = Promise.withResolvers<string>();
  const unsubscribe = deps.changes.subscribe(async ({ noun, id }) => {
    if (noun !== "run" || id === null) return;
    const { rows } = await deps.pool.query<{ state: string }>(
      "select state from runs where id = $1 and ended_at is not null",
      [id],
    );
    if (rows[0]) ended.resolve(rows[0].state);
  });
  const options = { stagedObjects: new Map(stagedObjects) };
  const { runId } = await startRun(deps, chooseTables(tableIds), nobody, options);
  const state = await ended.promise;
  unsubscribe();
  if (state !== "succeeded") throw new Error(`run ${runId} ended as ${state}`);
  return runId;
}
