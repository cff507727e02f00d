import { eq, sql } from "drizzle-orm";
import pg from "pg";
import { afterAll, beforeAll, expect, inject, test, vi } from "vitest";
import { jobs, runs, tableRuns } from "../../drizzle/schema/runs.ts";
import { settings } from "../../drizzle/schema/settings.ts";
import { tables } from "../../drizzle/schema/tables.ts";
import { transfers } from "../../drizzle/schema/transfers.ts";
import { demoDatabase } from "../../server/connectors/demo-source.ts";
import { startEngine } from "../../server/daemon/engine.ts";
import { startRoom } from "../../server/daemon/room.ts";
import { demoStatus } from "../../server/services/demo/demo-status.ts";
import { demoTables } from "../../server/services/demo/demo-tables.ts";
import { loadDemo } from "../../server/services/demo/load-demo.ts";
import { openLocalDeps } from "./local-deps.ts";

let opened: Awaited<ReturnType<typeof openLocalDeps>>;
beforeAll(async () => {
  opened = await openLocalDeps({ logLevel: process.env["FLOW_LOG"] ?? "silent" });
});
afterAll(async () => {
  await opened.close();
  const client = new pg.Client({ connectionString: inject("postgresUrl") });
  await client.connect();
  await client.query(`drop database if exists ${demoDatabase} with (force)`);
  await client.query("drop role if exists maestro_demo_reader");
  await client.end();
});

test("the sample project loads and goes green, and loading it again changes nothing", async () => {
  const { deps, adminUserId } = opened;
  const options = { adminUserId, sourceUrl: inject("postgresUrl") };
  const engine = startEngine(deps);
  const room = startRoom(deps, { concurrency: 2, drainSeconds: 0 });
  try {
    expect((await demoStatus(deps)).state).toBe("absent");
    const nowhere = { ...options, sourceUrl: "postgres://nobody@127.0.0.1:1/postgres" };
    expect(await (await loadDemo(deps, nowhere)).finished).toMatchObject({
      state: "failed",
      error: expect.stringMatching(/Preparing the source database: .*ECONNREFUSED/),
    });
    await deps.db.update(settings).set({
      value: { state: "loading", stage: "killed here", token: "a dead loader" },
      updatedAt: sql`now() - interval '1 minute'`,
    });
    expect(await demoStatus(deps)).toMatchObject({
      state: "failed",
      error: expect.stringMatching(/interrupted/),
    });
    const { status, finished } = await loadDemo(deps, options);
    expect(status.state).toBe("loading");
    expect(await (await loadDemo(deps, options)).finished).toMatchObject({ state: "loading" });
    const loaded = await finished;
    expect(loaded).toMatchObject({ state: "loaded", error: null, runId: expect.any(Number) });
    expect(await demoStatus(deps)).toEqual(loaded);

    const runId = loaded.runId!;
    const run = await vi.waitUntil(
      async () => {
        const [found] = await deps.db.select().from(runs).where(eq(runs.id, runId));
        return found?.endedAt ? found : undefined;
      },
      { timeout: 300_000, interval: 100 },
    );
    const each = await deps.db.select().from(tableRuns).where(eq(tableRuns.runId, runId));
    const unwell = each
      .filter(({ state }) => state !== "succeeded")
      .map(
        ({ definition, state, reason }) =>
          `${definition.dataset}.${definition.name} ${state}: ${reason?.text}`,
      );
    expect(unwell).toEqual([]);
    expect(run.state).toBe("succeeded");
    expect(each).toHaveLength(demoTables.length);
    const empty = each.filter(({ rowCount }) => !rowCount).map(({ definition }) => definition.name);
    expect(empty).toEqual([]);

    const imported = await deps.db.select().from(transfers);
    expect(imported).toHaveLength(4);
    const flights = await deps.warehouse.getTable("demo_raw", "flights");
    expect(flights!.rowCount).toBeGreaterThan(200_000);
    expect(imported.map(({ result }) => result!.rows)).toContain(flights!.rowCount);
    expect(await deps.objectStore.list("imports/")).toEqual([]);
    const extracted = each.find(({ definition }) => definition.extract)!;
    expect(extracted.extractObjects.length).toBeGreaterThan(0);
    const [watermark] = await deps.db.select().from(tables).where(eq(tables.name, "flights"));
    expect([null, String(flights!.rowCount)]).toContain(watermark!.lastId);
    expect((await deps.db.select().from(jobs)).every(({ state }) => state === "succeeded")).toBe(
      true,
    );

    expect(await (await loadDemo(deps, options)).finished).toEqual(loaded);
  } finally {
    await engine.stop();
    await room.stop();
  }
}, 400_000);
