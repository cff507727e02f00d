import { randomUUID } from "node:crypto";
import type { DemoStatus } from "../../../shared/demo.ts";
import { MaestroError, messageOf } from "../../../shared/errors.ts";
import { createDemoSource, demoSourceTables } from "../../connectors/demo-source.ts";
import { claimDemo, writeDemo } from "../../db/demo.ts";
import type { Deps } from "../deps.ts";
import { startRun } from "../runs/start-run.ts";
import { type DemoOwner, ensureDemoCatalog } from "./demo-catalog.ts";
import { demoStatus } from "./demo-status.ts";
import { demoTables } from "./demo-tables.ts";
import { uploadHolidays } from "./upload-holidays.ts";

export interface DemoOptions {
  adminUserId: number;
  /** A PostgreSQL where databases and roles may be made: the embedded one's superuser. */
  sourceUrl: string;
}

/** Written at least this often while loading: see db/demo.ts. */
const beatMs = 5_000;

/**
 * Makes the sample project: its source database, its catalog, and a run of all of it. Each step skips
 * what is there, so a load that was interrupted is repeated by calling again; a project that is
 * loaded, or being loaded, is left alone. Resolves as soon as it is under way: progress is in
 * `demoStatus`, announced by `demo` changes; `finished` gives the status at the end, never rejects.
 */
export async function loadDemo(
  deps: Deps,
  options: DemoOptions,
): Promise<{ status: DemoStatus; finished: Promise<DemoStatus> }> {
  const token = randomUUID();
  const status: DemoStatus = {
    state: "loading",
    stage: "Preparing the source database",
    done: 0,
    total: demoSourceTables.length + 1 + demoTables.length + 2,
    error: null,
    runId: null,
  };
  if (!(await claimDemo(deps.db, token, status))) {
    const current = await demoStatus(deps);
    return { status: current, finished: Promise.resolve(current) };
  }
  deps.changes.publish({ noun: "demo", id: null });
  return { status: { ...status }, finished: finish(deps, options, status, token) };
}

async function finish(
  deps: Deps,
  options: DemoOptions,
  status: DemoStatus,
  token: string,
): Promise<DemoStatus> {
  const write = async () => {
    const isOurs = await writeDemo(deps.db, token, status);
    if (!isOurs) throw new MaestroError("conflict", "another process loads the sample project");
    deps.changes.publish({ noun: "demo", id: null });
  };
  const step = async (stage: string) => {
    status.stage = stage;
    await write();
    status.done += 1;
  };
  const timer = setInterval(() => void write().catch(() => undefined), beatMs);
  try {
    status.runId = await load(deps, options, step);
    Object.assign(status, {
      state: "loaded",
      stage: "Running it for the first time",
      done: status.total,
    });
  } catch (error) {
    deps.log.error({ err: error, stage: status.stage }, "demo: not loaded");
    Object.assign(status, { state: "failed", error: `${status.stage}: ${messageOf(error)}` });
  } finally {
    clearInterval(timer);
  }
  await write().catch((error) => deps.log.error({ err: error }, "demo: status not written"));
  return status;
}

async function load(
  deps: Deps,
  { adminUserId, sourceUrl }: DemoOptions,
  step: (stage: string) => Promise<void>,
): Promise<number> {
  const owner: DemoOwner = { userId: adminUserId, name: "sample project" };
  const address = await createDemoSource(sourceUrl, (name) => step(`Source database: ${name}`));
  await step("Database and frequencies");
  const ids = await ensureDemoCatalog(deps, owner, address, (name) => step(`Table ${name}`));
  await step("Upload of the holidays");
  const stagedObjects = await uploadHolidays(deps, ids);
  await step("First run");
  const selection = {
    kind: "tables" as const,
    tableIds: [...ids.values()],
    withAncestors: false,
    withDescendants: false,
  };
  const { runId } = await startRun(deps, selection, owner, { stagedObjects });
  return runId;
}
