import { eq } from "drizzle-orm";
import { afterEach, beforeEach, expect, test } from "vitest";
import { jobs } from "../../../drizzle/schema/runs.ts";
import { tables } from "../../../drizzle/schema/tables.ts";
import { groups, users } from "../../../drizzle/schema/users.ts";
import { summarizeCosts } from "../../../server/services/costs/summarize-costs.ts";
import { startRun } from "../../../server/services/runs/start-run.ts";
import { insertCatalog } from "../../support/catalog.ts";
import { chooseTables, nobody } from "../../support/choose-tables.ts";
import { type EngineFixture, openEngineFixture } from "../../support/engine-fixture.ts";

let fixture: EngineFixture;
beforeEach(async () => {
  fixture = await openEngineFixture();
});
afterEach(() => fixture.close());

async function insertOwners() {
  const people = await fixture.db
    .insert(users)
    .values([{ email: "then@test" }, { email: "now@test" }])
    .returning();
  const teams = await fixture.db
    .insert(groups)
    .values([{ name: "group then" }, { name: "group now" }])
    .returning();
  return { people: people.map(({ id }) => id), teams: teams.map(({ id }) => id) };
}

/** Names and bytes, the greatest first. */
async function costs() {
  const { byUser, byGroup, unreadJobs } = await summarizeCosts(fixture.deps, 7);
  const brief = (lines: typeof byUser) => lines.map((line) => [line.name, line.bytesBilled]);
  return { users: brief(byUser), groups: brief(byGroup), unreadJobs };
}

async function runOnce(tableId: number): Promise<void> {
  const { runId } = await startRun(fixture.deps, chooseTables([tableId]), nobody);
  await fixture.runEnded(runId);
}

test("a table's new owner and group do not take over what it cost before", async () => {
  const { people, teams } = await insertOwners();
  const ids = await insertCatalog(fixture.db, [{ name: "a", groupId: teams[0]! }]);
  const id = ids.get("a")!;
  await fixture.db.update(tables).set({ ownerId: people[0]! });
  fixture.start({ ticks: false });
  await runOnce(id);
  await fixture.db.update(tables).set({ ownerId: people[1]!, groupId: teams[1]! });
  const billed = 10485760;
  expect(await costs()).toEqual({
    users: [["then@test", billed]],
    groups: [["group then", billed]],
    unreadJobs: 0,
  });

  const [job] = await fixture.jobs();
  expect((job!.configuration as { labels: Record<string, string> }).labels).toMatchObject({
    maestro_user: "then_at_test",
  });
  // As an older version stored it.
  await fixture.db.update(jobs).set({ userEmail: null, groupName: null });
  expect((await costs()).users).toEqual([["now@test", billed]]);
});

test("a job of nobody stays nobody's", async () => {
  const { people, teams } = await insertOwners();
  const ids = await insertCatalog(fixture.db, [{ name: "a" }]);
  fixture.start({ ticks: false });
  await runOnce(ids.get("a")!);
  await fixture.db.update(tables).set({ ownerId: people[1]!, groupId: teams[1]! });
  expect(await costs()).toMatchObject({
    users: [["no owner", 10485760]],
    groups: [["no group", 10485760]],
  });
});

test("jobs whose figures are not known are counted apart", async () => {
  const ids = await insertCatalog(fixture.db, [{ name: "a" }]);
  fixture.start({ ticks: false });
  await runOnce(ids.get("a")!);
  const [job] = await fixture.jobs();
  await fixture.db
    .update(jobs)
    .set({ statisticsError: "Access Denied", bytesBilled: null })
    .where(eq(jobs.id, job!.id));
  expect(await costs()).toMatchObject({ unreadJobs: 1, users: [["no owner", 0]] });
});
