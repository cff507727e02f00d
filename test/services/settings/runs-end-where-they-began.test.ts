import { eq, sql } from "drizzle-orm";
import { afterEach, beforeEach, expect, test } from "vitest";
import { runs } from "../../../drizzle/schema/runs.ts";
import { settings } from "../../../drizzle/schema/settings.ts";
import { type Engine, startRunner } from "../../../server/daemon/engine.ts";
import { selectWaitingUpload } from "../../../server/db/deliveries.ts";
import type { Cloud, Deps } from "../../../server/services/deps.ts";
import { openInstance } from "../../../server/services/instance/open-instance.ts";
import { rotateSecret } from "../../../server/services/instance/rotate-secret.ts";
import { deliverUpload } from "../../../server/services/runs/deliver-upload.ts";
import { loadExternal } from "../../../server/services/runs/load-external.ts";
import { resumeRun } from "../../../server/services/runs/resume-run.ts";
import { startRun } from "../../../server/services/runs/start-run.ts";
import { changeSettings } from "../../../server/services/settings/change-settings.ts";
import { forgetRetiredCredentials } from "../../../server/services/settings/forget-retired-credentials.ts";
import { startLiveCloud } from "../../../server/services/settings/live-cloud.ts";
import { createSecretBox } from "../../../server/support/crypto.ts";
import type { SettingChanges } from "../../../shared/settings.ts";
import { insertCatalog } from "../../support/catalog.ts";
import { nobody } from "../../support/choose-tables.ts";
import { connectCloud } from "../../support/engine-deps.ts";
import { type EngineFixture, openEngineFixture } from "../../support/engine-fixture.ts";
import { type NullWarehouse, startNullWarehouse } from "../../support/null-warehouse.ts";
import { makeServiceAccount } from "../../support/service-account.ts";
import { until } from "../../support/until.ts";

/* Two projects of Google's, a warehouse each, and one engine. */

const oldKey = makeServiceAccount("old", "old-project");
const newKey = makeServiceAccount("new", "new-project");

let fixture: EngineFixture;
let other: NullWarehouse;
let deps: Deps;
let runner: Engine;
let close: () => Promise<void>;
/** `project email`, each time that clients were made. */
let connected: string[];

beforeEach(async () => {
  fixture = await openEngineFixture();
  other = await startNullWarehouse();
  const clouds: Record<string, Cloud> = {
    "old-project": await connectCloud(fixture.warehouse.url, "old-project"),
    "new-project": await connectCloud(other.url, "new-project"),
  };
  connected = [];
  await change({ "bigquery.project": "old-project", "bigquery.bucket": "old-project-bucket" });
  await change({ "bigquery.credentials": oldKey });
  const live = await startLiveCloud(fixture.deps, {
    hasLocalCloud: false,
    connect({ projectId }, key) {
      connected.push(`${projectId} ${key?.email.split("@")[0]}`);
      return clouds[projectId]!;
    },
    probe: () => {
      throw new Error("nobody tries it here");
    },
    spreadsheetUrl: (_, id) => id,
  });
  const { close: closeLive, ...cloud } = live;
  deps = { ...fixture.deps, ...cloud, processId: "engine" };
  runner = startRunner(deps);
  close = async () => {
    await runner.stop();
    await closeLive();
  };
});

afterEach(async () => {
  await close();
  await fixture.close();
  await other.close();
});

function change(changes: SettingChanges): Promise<void> {
  return changeSettings(fixture.deps, nobody, changes);
}

async function start(tableIds: number[]): Promise<number> {
  const choice = {
    kind: "tables",
    tableIds,
    withAncestors: false,
    withDescendants: false,
  } as const;
  return (await startRun(deps, choice, nobody)).runId;
}

async function move(changes: SettingChanges = {}, to = "new-project"): Promise<void> {
  await change({
    "bigquery.project": "new-project",
    "bigquery.bucket": "new-project-bucket",
    "bigquery.credentials": newKey,
    ...changes,
  });
  await until("the change is heard", () => deps.clouds.current()?.projectId === to);
}

/** The first project's jobs do not end before it is called. */
function holdEnds(): () => void {
  const gate = Promise.withResolvers<null>();
  fixture.warehouse.intercept = ({ kind }) => (kind === "await" ? gate.promise : null);
  return () => gate.resolve(null);
}

const retired = () =>
  fixture.db.select().from(settings).where(eq(settings.key, "bigquery.credentials/old-project"));

test("a run under way is finished in its project with its credentials, and the next one begins in the new one", async () => {
  const ids = await insertCatalog(fixture.db, [
    { name: "a" },
    { name: "b", parents: ["a"], extract: true, extractFormat: "CSV" },
    { name: "c" },
  ]);
  const letEnd = holdEnds();
  const first = await start([ids.get("a")!, ids.get("b")!]);
  await until("its first job runs", () => fixture.warehouse.jobs.size === 1);
  await move();

  const second = await start([ids.get("c")!]);
  expect((await fixture.runEnded(second)).state).toBe("succeeded");
  expect([...other.jobs.values()].map(({ table }) => table)).toEqual(["d.c"]);
  expect(deps.warehouse.projectId).toBe("new-project");
  expect(deps.objectStore.bucket).toBe("new-project-bucket");

  letEnd();
  expect((await fixture.runEnded(first)).state).toBe("succeeded");
  const jobs = [...fixture.warehouse.jobs.values()];
  expect(jobs.map(({ table, step }) => `${table} ${step}`)).toEqual([
    "d.a query",
    "d.b query",
    "d.b extract",
  ]);
  expect(JSON.stringify(jobs[2]?.configuration)).toContain("gs://old-project-bucket/");
  expect(other.jobs.size).toBe(1);
  expect(connected).toEqual(["old-project old", "new-project new"]);
});

test("another key of the same project opens it for runs under way too", async () => {
  const ids = await insertCatalog(fixture.db, [{ name: "a" }, { name: "b", parents: ["a"] }]);
  const letEnd = holdEnds();
  const run = await start([...ids.values()]);
  await until("its first job runs", () => fixture.warehouse.jobs.size === 1);
  await change({ "bigquery.credentials": makeServiceAccount("second", "old-project") });
  await until("its clients are made anew", async () => {
    await deps.warehouse.getTable("d", "a");
    return connected.at(-1) === "old-project second";
  });
  letEnd();
  expect((await fixture.runEnded(run)).state).toBe("succeeded");
  expect(await retired()).toEqual([]);
});

test("a daemon that starts after the change finds the credentials of the project that was left, until nothing is under way there", async () => {
  const ids = await insertCatalog(fixture.db, [{ name: "a" }]);
  await runner.stop();
  const run = await start([...ids.values()]);
  await move();
  expect(await retired()).toHaveLength(1);
  await fixture.db.update(settings).set({ updatedAt: sql`now() - interval '2 hours'` });
  await forgetRetiredCredentials(deps);
  expect(await retired()).toHaveLength(1);

  runner = startRunner(deps);
  expect((await fixture.runEnded(run)).state).toBe("succeeded");
  expect(connected).toContain("old-project old");
  await until("they are deleted", async () => {
    await forgetRetiredCredentials(deps);
    return (await retired()).length === 0;
  });
});

test("a run that failed in a project that was left is not resumed in another one", async () => {
  const ids = await insertCatalog(fixture.db, [{ name: "a" }]);
  fixture.warehouse.outcome = () => ({ reason: "invalidQuery", message: "no" });
  const run = await start([...ids.values()]);
  await fixture.runEnded(run);
  await move();
  await expect(resumeRun(deps, run, nobody)).rejects.toThrow(
    `run ${run} began in the project old-project, and Maestro works in the project new-project now: start a new run`,
  );
  await change({ "bigquery.project": null });
  await until("the change is heard", () => deps.clouds.current() === null);
  await expect(deps.warehouse.getTable("d", "a")).rejects.toThrow("no BigQuery is set");
  const [row] = await fixture.db.select().from(runs).where(eq(runs.id, run));
  expect(row?.state).toBe("failed");
});

test("files that come where a run waits for them are loaded there, also where others were quicker", async () => {
  const id = (await insertCatalog(fixture.db, [{ name: "up", kind: "external" }])).get("up")!;
  const first = await start([id]);
  const quicker = "uploads/d.up/1/quicker.csv";
  const slower = "uploads/d.up/2/slower.csv";
  for (const name of [quicker, slower]) fixture.warehouse.objects.set(name, 3);
  const waiting = (await selectWaitingUpload(fixture.db, id))!;
  await move();

  const at: Deps["clouds"]["at"] = (place) => {
    const { objectStore, ...cloud } = deps.clouds.at(place);
    const list = async (prefix: string) => {
      await deliverUpload(deps, waiting.id, [quicker]);
      return objectStore.list(prefix);
    };
    return { ...cloud, objectStore: { ...objectStore, list } };
  };
  const late = { ...deps, clouds: { ...deps.clouds, at } };
  const { runId } = await loadExternal(late, { id, objects: [slower] }, nobody);
  for (const run of [first, runId!]) {
    expect((await fixture.runEnded(run)).state).toBe("succeeded");
  }
  const files = JSON.stringify(
    [...fixture.warehouse.jobs.values()].map((job) => job.configuration),
  );
  expect(files).toContain(`gs://old-project-bucket/${quicker}`);
  expect(files).toContain(`gs://old-project-bucket/${slower}`);
  const asked = ({ requests }: NullWarehouse) =>
    requests.some(({ kind, subject }) => kind === "table" && subject === "d.up");
  await until("the table's size is asked for", () => asked(fixture.warehouse));
  expect(asked(other)).toBe(false);
});

test("a project with application default credentials is not opened with the next one's key", async () => {
  await change({ "bigquery.credentials": null });
  const ids = await insertCatalog(fixture.db, [{ name: "a" }]);
  await runner.stop();
  const run = await start([...ids.values()]);
  await move();
  await fixture.db.update(settings).set({ updatedAt: sql`now() - interval '2 hours'` });
  await forgetRetiredCredentials(deps);

  runner = startRunner(deps);
  expect((await fixture.runEnded(run)).state).toBe("succeeded");
  expect(connected).toContain("old-project undefined");
  expect(connected).not.toContain("old-project new");
  await forgetRetiredCredentials(deps);
  expect(await retired()).toHaveLength(1);
  await move({ "bigquery.project": "old-project", "bigquery.credentials": null }, "old-project");
  expect(await retired()).toEqual([]);
});

test("a run of a project that this process has not heard of yet is opened with that project's key", async () => {
  await change({ "bigquery.project": "new-project", "bigquery.credentials": newKey });
  const place = { isLocal: false, projectId: "new-project", location: "US", bucket: "b" };
  await deps.clouds.at(place).warehouse.getTable("d", "a");
  await deps.clouds.at({ ...place, projectId: "old-project" }).warehouse.getTable("d", "a");
  expect(connected).toContain("new-project new");
  expect(connected).not.toContain("new-project old");
  expect(connected).not.toContain("old-project new");
});

test("a former project whose key was deleted is opened with no other one", async () => {
  const there = deps.clouds.at(deps.clouds.current()!);
  await there.warehouse.getTable("d", "a");
  await move();
  await fixture.db.update(settings).set({ updatedAt: sql`now() - interval '2 hours'` });
  await forgetRetiredCredentials(deps);
  expect(await retired()).toEqual([]);
  deps.changes.publish({ noun: "setting", id: null });
  await until("it is opened no more", () =>
    there.warehouse.getTable("d", "a").then(
      () => false,
      (error: Error) => error.message.includes("the credentials of the project old-project"),
    ),
  );
  await expect(there.warehouse.getTable("d", "a")).rejects.toMatchObject({
    code: "configuration",
    message: expect.stringContaining("the project is new-project now: run the table again"),
  });
  expect(connected).not.toContain("old-project new");
});

test("a project is not changed under a secret that was rotated meanwhile", async () => {
  await openInstance(fixture.db, fixture.deps.secretBox);
  await rotateSecret(fixture.db, fixture.deps.secretBox, createSecretBox("another"));
  await expect(
    change({ "bigquery.project": "new-project", "bigquery.bucket": "new-project-bucket" }),
  ).rejects.toThrow("the secret was rotated while this Maestro ran");
  expect(await retired()).toEqual([]);
});
