import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { settings } from "../../../drizzle/schema/settings.ts";
import { changeSettings } from "../../../server/services/settings/change-settings.ts";
import { readProjectKey } from "../../../server/services/settings/cloud-settings.ts";
import type { SettingChanges } from "../../../shared/settings.ts";
import { createTestDeps, type TestDeps } from "../../api/support.ts";
import { nobody } from "../../support/choose-tables.ts";
import { makeServiceAccount } from "../../support/service-account.ts";

const ours = makeServiceAccount("ours", "our-project");
const next = makeServiceAccount("next", "next-project");

let context: TestDeps;
beforeAll(async () => {
  context = await createTestDeps();
});
afterAll(() => context.close());

beforeEach(async () => {
  await context.deps.db.delete(settings);
  await change({ ...project("our-project"), "bigquery.credentials": ours });
});

const project = (id: string) => ({ "bigquery.project": id, "bigquery.bucket": `${id}-files` });
const change = (changes: SettingChanges) => changeSettings(context.deps, nobody, changes);

/** Whose key opens a project; `default` is application default credentials. */
async function opens(id: string): Promise<string> {
  const key = await readProjectKey(context.deps, id);
  return key?.email.split("@")[0] ?? "default";
}

test("the next project's key, saved before its project, is refused and opens nothing", async () => {
  await expect(change({ "bigquery.credentials": next })).rejects.toMatchObject({
    field: "bigquery.project",
    message: expect.stringContaining(
      "which one the key of next@next-project.iam.gserviceaccount.com is for: our-project, or the next one",
    ),
  });
  expect(await opens("our-project")).toBe("ours");
  await change({ ...project("next-project"), "bigquery.credentials": next });
  expect([await opens("our-project"), await opens("next-project")]).toEqual(["ours", "next"]);
});

test("another key of the account or of the project is taken alone, and any key where its project is named", async () => {
  const another = makeServiceAccount("another", "our-project");
  await change({ "bigquery.credentials": another });
  expect(await opens("our-project")).toBe("another");
  await change({ "bigquery.credentials": next, "bigquery.project": "our-project" });
  expect(await opens("our-project")).toBe("next");
  await change({ "bigquery.credentials": makeServiceAccount("next", "next-project") });
  expect(await opens("our-project")).toBe("next");
});

test("a project that is set again is opened with its own key, or with none where it had none", async () => {
  await change({ ...project("next-project"), "bigquery.credentials": next });
  await change(project("our-project"));
  expect([await opens("our-project"), await opens("next-project")]).toEqual(["ours", "next"]);
  await change({ "bigquery.credentials": null });
  await change({ ...project("next-project"), "bigquery.credentials": next });
  await change(project("our-project"));
  expect([await opens("our-project"), await opens("next-project")]).toEqual(["default", "next"]);
});

test("the stored key opens no other project unasked, also after a time on the local cloud", async () => {
  const refusal = {
    field: "bigquery.credentials",
    message: expect.stringContaining("is for the project our-project, and opens no other unasked"),
  };
  await expect(change(project("next-project"))).rejects.toMatchObject(refusal);
  await change({ "bigquery.project": null });
  await expect(change(project("next-project"))).rejects.toMatchObject(refusal);
  await change(project("our-project"));
  expect(await opens("our-project")).toBe("ours");
  await change({ ...project("next-project"), "bigquery.credentials": ours });
  expect(await opens("next-project")).toBe("ours");
});

test("a key that is saved before any project is the first one's", async () => {
  await context.deps.db.delete(settings);
  await change({ "bigquery.credentials": next });
  await change(project("our-project"));
  expect(await opens("our-project")).toBe("next");
});

test("of a new key and a move that are saved at once, neither opens the other's project", async () => {
  const moved = { ...project("next-project"), "bigquery.credentials": next };
  const another = makeServiceAccount("another", "our-project");
  await Promise.allSettled([change(moved), change({ "bigquery.credentials": another })]);
  expect(await opens("next-project")).toBe("next");
  expect(["ours", "another"]).toContain(await opens("our-project"));
});
