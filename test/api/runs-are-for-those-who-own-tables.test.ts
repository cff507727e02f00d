import { eq } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { tables } from "../../drizzle/schema/tables.ts";
import { createToken } from "../../server/services/access/create-token.ts";
import type { AuditEntry } from "../../shared/audit.ts";
import type { CostsSummary } from "../../shared/cost.ts";
import type { HomeView } from "../../shared/system.ts";
import type { UploadTarget } from "../../shared/table.ts";
import { insertCatalog, insertFrequency } from "../support/catalog.ts";
import { type EngineFixture, openEngineFixture } from "../support/engine-fixture.ts";
import { until } from "../support/until.ts";
import { addUser, adminToken, call, dataOf, startTestServer, type TestServer } from "./support.ts";

interface Started {
  runId: number;
}

let fixture: EngineFixture;
let server: TestServer;
let admin: Record<string, string>;
let member: Record<string, string>;
let other: Record<string, string>;
let ids: Map<string, number>;
let frequencyId: number;

beforeAll(async () => {
  fixture = await openEngineFixture();
  const { deps, db } = fixture;
  server = await startTestServer(deps);
  admin = { "x-api-token": await adminToken(deps) };
  const owner = await addUser(deps, "member@test", { groups: ["owners"] });
  const stranger = await addUser(deps, "other@test", { groups: ["others"] });
  const write = { name: "t", scopes: ["write" as const], expiresDays: null };
  member = { "x-api-token": (await createToken(deps, owner, write)).token };
  other = { "x-api-token": (await createToken(deps, stranger, write)).token };
  frequencyId = await insertFrequency(db, { name: "daily" });
  const groupId = owner.groupIds[0]!;
  ids = await insertCatalog(db, [
    { name: "mine", groupId, frequencyId },
    { name: "below", parents: ["mine"] },
    { name: "files", kind: "external", query: "", groupId },
  ]);
  await db.update(tables).set({ ownerId: owner.id }).where(eq(tables.groupId, groupId));
  fixture.start();
});

afterAll(async () => {
  await server.close();
  await fixture.close();
});

function post(path: string, input: unknown, headers: Record<string, string>) {
  return call(server, path, input, { method: "POST", headers });
}

async function get<T>(path: string, input: unknown, headers = admin): Promise<T> {
  return dataOf<T>(await call(server, path, input, { headers }));
}

const start = (names: string[], headers: Record<string, string>) =>
  post("runs.start", { kind: "tables", tableIds: names.map((name) => ids.get(name)) }, headers);

test("tables are started by their group and by admins, a frequency by who has a table on it", async () => {
  expect((await start(["mine"], other)).status).toBe(403);
  expect((await start(["mine", "below"], member)).status).toBe(403);
  const started = await start(["mine"], member);
  expect(started.status).toBe(200);
  await fixture.runEnded(dataOf<Started>(started).runId);
  // What a named table draws in is run with it, whosever it is.
  const named = { kind: "tables", tableIds: [ids.get("mine")], withDescendants: true };
  const both = await post("runs.start", named, member);
  expect(both.status).toBe(200);
  await fixture.runEnded(dataOf<Started>(both).runId);
  const frequency = { kind: "frequency", frequencyId };
  expect((await post("runs.start", frequency, other)).status).toBe(403);
  const ticked = await post("runs.start", frequency, member);
  expect(ticked.status).toBe(200);
  await fixture.runEnded(dataOf<Started>(ticked).runId);
});

test("a run is steered by who started it, who owns one of its tables, and admins", async () => {
  fixture.warehouse.durationMs = () => 600_000;
  const { runId } = dataOf<Started>(await start(["mine"], admin));
  await until("its job runs", async () =>
    (await fixture.jobs()).some((job) => job.state === "running"),
  );
  expect((await post("runs.cancel", { id: runId }, other)).status).toBe(403);
  expect((await post("runs.cancel", { id: runId }, member)).status).toBe(200);
  expect((await fixture.runEnded(runId)).state).toBe("cancelled");
  fixture.warehouse.durationMs = () => 0;
  expect((await post("runs.cancel", { id: 999_999 }, other)).status).toBe(404);
});

test("uploads start a run of their table, and only what was uploaded for it is taken", async () => {
  const id = ids.get("files");
  const target = dataOf<UploadTarget>(
    await post("tables.uploadUrl", { id, fileName: "a.csv" }, member),
  );
  expect(target.contentType).toBe("text/csv");
  const refused = await post("tables.loadExternal", { id, objects: [target.objectName] }, member);
  expect(refused.body.error?.data).toMatchObject({ code: "invalidInput", field: "objects" });
  fixture.deps.objects.set(target.objectName, 10);
  fixture.deps.objects.set("extracts/d.mine/1/part-0.csv.gz", 10);
  const stolen = { id, objects: ["extracts/d.mine/1/part-0.csv.gz"] };
  expect((await post("tables.loadExternal", stolen, member)).status).toBe(400);
  const slashed = await post("tables.uploadUrl", { id, fileName: "../a.csv" }, member);
  expect(slashed.body.error?.data.field).toBe("fileName");
  const loaded = await post("tables.loadExternal", { id, objects: [target.objectName] }, member);
  const { runId } = dataOf<Started>(loaded);
  expect((await fixture.runEnded(runId)).state).toBe("succeeded");
});

test("uploads are handed to a run that waits for them", async () => {
  const id = ids.get("files");
  const { runId } = dataOf<Started>(await start(["files"], member));
  const target = dataOf<UploadTarget>(
    await post("tables.uploadUrl", { id, fileName: "b.csv" }, member),
  );
  fixture.deps.objects.set(target.objectName, 10);
  const loaded = await post("tables.loadExternal", { id, objects: [target.objectName] }, member);
  expect(loaded.body.result?.data).toEqual({ runId: null });
  expect((await fixture.runEnded(runId)).state).toBe("succeeded");
});

test("costs are those of who started the run, else the owner, and of the group and frequency", async () => {
  const costs = await get<CostsSummary>("costs.summary", { days: 7 });
  expect(costs.perDay).toHaveLength(7);
  const jobs = (lines: { name: string; jobs: number }[]) =>
    Object.fromEntries(lines.map((line) => [line.name, line.jobs]));
  const total = (lines: { jobs: number }[]) => lines.reduce((sum, line) => sum + line.jobs, 0);
  expect(jobs(costs.byFrequency)["daily"]).toBe(1);
  expect(jobs(costs.byUser)).toEqual({ "member@test": 6, "admin@localhost": 1 });
  // The table that was drawn in is nobody's.
  expect(jobs(costs.byGroup)["owners"]).toBe(total(costs.byGroup) - 1);
  expect(total(costs.byTable)).toBe(total(costs.byUser));
  const home = await get<HomeView>("system.home", {});
  expect(home.tableCounts).toEqual({ summary: 2, import: 0, external: 1 });
  expect(home.today.jobs).toBe(total(costs.byTable));
  expect(home.running).toEqual([]);
});

test("every change is in the audit log, with who made it", async () => {
  const entries = await get<AuditEntry[]>("audit.list", { limit: 1000 });
  const actions = new Set(entries.map(({ actor, action }) => `${actor} ${action}`));
  expect(actions).toContain("member@test run.start");
  expect(actions).toContain("member@test run.cancel");
  expect(actions).toContain("member@test table.loadExternal");
  expect((await call(server, "audit.list", {}, { headers: member })).status).toBe(403);
});

test("a frequency in use is not removed; an unused one is", async () => {
  expect((await post("frequencies.remove", { id: frequencyId }, admin)).status).toBe(409);
  const fresh = { name: "hourly", periodSeconds: 3600 };
  const made = await post("frequencies.create", fresh, admin);
  const { id } = dataOf<{ id: number }>(made);
  expect((await post("frequencies.create", fresh, admin)).body.error?.data.field).toBe("name");
  const bad = { ...fresh, name: "x", timeZone: "Mars/Olympus" };
  expect((await post("frequencies.create", bad, admin)).body.error?.data.field).toBe("timeZone");
  const { nextTicks } = await get<{ nextTicks: string[] }>("frequencies.preview", fresh);
  expect(nextTicks).toHaveLength(5);
  expect(Date.parse(nextTicks[1]!) - Date.parse(nextTicks[0]!)).toBe(3_600_000);
  expect((await post("frequencies.remove", { id }, admin)).status).toBe(200);
});
