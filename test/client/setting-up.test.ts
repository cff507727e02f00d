import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { frequencies } from "../../drizzle/schema/frequencies.ts";
import { createGit } from "../../server/connectors/git.ts";
import { listVersions } from "../../server/services/catalog/list-versions.ts";
import { createTable } from "../../server/services/catalog/save-table.ts";
import { commitSaves } from "../../server/services/git/commit-saves.ts";
import { assembleRun } from "../../server/services/runs/assemble-run.ts";
import { changeSettings } from "../../server/services/settings/change-settings.ts";
import { tableDefinitionSchema } from "../../shared/table.ts";
import { insertCatalog, insertFrequency } from "../support/catalog.ts";
import { startGitServer } from "../support/git-server.ts";
import { expectAccessible } from "./accessibility.ts";
import { openWebFixture, patience, type WebFixture } from "./support.ts";

let web: WebFixture;

beforeAll(async () => {
  web = await openWebFixture();
});

afterAll(() => web.close());

test("a frequency is made with its next ticks in sight, and changed", async () => {
  const page = await web.signedIn();
  await page.goto(`${web.server.url}/frequencies`);
  await page.getByText("No frequencies yet").waitFor();
  await page.getByRole("button", { name: "New frequency" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name").fill("every other hour");
  await dialog.getByLabel("Every: unit").selectOption("hours");
  await dialog.getByLabel("Every", { exact: true }).fill("2");
  await dialog.getByLabel("Offset: unit").selectOption("minutes");
  await dialog.getByLabel("Offset", { exact: true }).fill("30");
  const zone = dialog.getByLabel("Time zone");
  await zone.fill("Nowhere/Land");
  await dialog.getByText("Nowhere/Land is no IANA time zone: try Europe/Berlin").waitFor();
  expect(await zone.getAttribute("aria-invalid")).toBe("true");
  expect(await dialog.getByRole("button", { name: "Save" }).isDisabled()).toBe(true);
  await zone.fill("Europe/Berlin");
  const ticks = dialog.getByRole("region", { name: "Next ticks" }).getByRole("listitem");
  await expect.poll(() => ticks.first().textContent(), patience).toMatch(/:30:00 (GMT\+\d|CES?T)/);
  expect(await ticks.count()).toBe(5);
  await expectAccessible(page);
  const wait = dialog.getByLabel("Wait for parents of other frequencies, at most", { exact: true });
  await wait.fill("0");
  await dialog.getByText("the wait for parents is a whole number of seconds").waitFor();
  await wait.fill("3");
  await dialog.getByRole("button", { name: "Save" }).click();

  const row = page.getByRole("row", { name: /every other hour/ });
  await row.getByText("every 2 hours, offset +30 min, Europe/Berlin").waitFor();
  const [saved] = await web.deps.db.select().from(frequencies);
  expect(saved).toMatchObject({ periodSeconds: 7_200, parentWaitSeconds: 3 * 3_600 });
  expect(web.pageErrors).toEqual([]);
});

test("a frequency is edited with its ticks following, and switched off and on in the list", async () => {
  const page = await web.signedIn();
  await page.goto(`${web.server.url}/frequencies`);
  const row = page.getByRole("row", { name: /every other hour/ });
  await row.getByRole("button", { name: "Edit" }).click();
  const dialog = page.getByRole("dialog");
  const wait = dialog.getByLabel("Wait for parents of other frequencies, at most", { exact: true });
  expect(await wait.inputValue()).toBe("3");
  const ticks = dialog.getByRole("region", { name: "Next ticks" }).getByRole("listitem");
  await dialog.getByLabel("Every: unit").selectOption("weeks");
  await dialog.getByLabel("Every", { exact: true }).fill("1");
  await dialog.getByLabel("Offset", { exact: true }).fill("90");
  const mondays = ["Mon", "Mon", "Mon", "Mon", "Mon"];
  const shown = async () => (await ticks.allTextContents()).map((text) => text.slice(0, 3));
  await expect.poll(shown, patience).toEqual(mondays);
  expect(await ticks.first().textContent()).toContain("01:30:00");
  await dialog.getByLabel("Every", { exact: true }).fill("");
  await dialog.getByText("a period is a whole number of seconds from 1").waitFor();
  await dialog.getByLabel("Every", { exact: true }).fill("1");
  await dialog.getByRole("button", { name: "Save" }).click();
  await row.getByText("every week, offset +1 h 30 min, Europe/Berlin").waitFor();

  const toggle = row.getByRole("switch", { name: "every other hour is active" });
  await toggle.click();
  await row.getByText("never").waitFor();
  await toggle.click();
  await row.getByText("never").waitFor({ state: "detached" });
  const [saved] = await web.deps.db.select().from(frequencies);
  expect(saved).toMatchObject({ active: true, offsetSeconds: 5_400, parentWaitSeconds: 10_800 });
  expect(web.pageErrors).toEqual([]);
});

test("a table's conditions show the ticks in which it takes part, as they are chosen", async () => {
  const frequencyId = await insertFrequency(web.deps.db, {
    name: "New York's mornings",
    periodSeconds: 86_400,
    offsetSeconds: 6 * 3_600,
    timeZone: "America/New_York",
  });
  const ids = await insertCatalog(web.deps.db, [{ name: "report", frequencyId }]);
  const page = await web.signedIn();
  await page.goto(`${web.server.url}/tables/${ids.get("report")}`);
  const section = page.getByRole("region", { name: /Takes part next/ });
  const ticks = section.getByRole("listitem");
  const shown = async () =>
    (await ticks.allTextContents()).map((text) => /^(\w+), .*06:00:00/.exec(text)?.[1]);
  await expect.poll(async () => (await shown()).length, patience).toBe(5);
  await page.getByRole("button", { name: "Add a condition" }).click();
  await page.getByRole("button", { name: "Tue", exact: true }).click();
  await expect.poll(shown, patience).toEqual(["Tue", "Tue", "Tue", "Tue", "Tue"]);

  const condition = page.getByRole("group", { name: "Condition 1" });
  await condition.getByRole("button", { name: "Tue", exact: true }).click();
  const hour = condition
    .locator(".condition-row", { hasText: "Hours" })
    .getByText("7", { exact: true });
  await hour.click();
  await section.getByText(/In none: its conditions hold at no tick up to/).waitFor();
  await hour.click();
  await condition.getByRole("button", { name: "Feb" }).click();
  await condition.getByRole("button", { name: "30", exact: true }).click();
  await condition.getByText("no day 30 in month 2, so it would never hold").waitFor();
  expect(web.pageErrors).toEqual([]);
});

test("a run that makes up for missed ticks names them", async () => {
  const frequencyId = await insertFrequency(web.deps.db, {
    name: "every second hour",
    periodSeconds: 7_200,
    effectiveFrom: new Date("2026-03-07T01:00:00Z"),
  });
  await insertCatalog(web.deps.db, [{ name: "late", frequencyId }]);
  const tick = new Date("2026-03-07T08:00:00Z");
  const assembled = await assembleRun({ ...web.deps, now: () => tick }, frequencyId, tick);
  const page = await web.signedIn();
  await page.goto(`${web.server.url}/frequencies`);
  const row = page.getByRole("row", { name: /every second hour/ });
  await row.locator(`a[href="/runs/${"runId" in assembled && assembled.runId}"]`).click();
  await page
    .getByText("3 ticks, from 2026-03-07 02:00 UTC to 2026-03-07 06:00 UTC, were missed before")
    .waitFor();
  expect(web.pageErrors).toEqual([]);
});

test("a database that does not answer says so in its dialog", async () => {
  const page = await web.signedIn();
  await page.goto(`${web.server.url}/databases`);
  await page.getByRole("button", { name: "New database" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name", { exact: true }).fill("away");
  await dialog.getByLabel("Host", { exact: true }).fill("127.0.0.1");
  await dialog.getByLabel("Port", { exact: true }).fill("1");
  await dialog.getByLabel("Database", { exact: true }).fill("d");
  await dialog.getByLabel("User", { exact: true }).fill("u");
  await dialog.getByLabel("Password", { exact: true }).fill("secret");
  await dialog.getByRole("button", { name: "Test the connection" }).click();
  await dialog.locator(".notice.bad").waitFor();
  await expectAccessible(page);
  await dialog.getByRole("button", { name: "Save" }).click();
  await page.getByText("u@127.0.0.1:1/d").waitFor();
  expect(await page.content()).not.toContain("secret");
  expect(web.pageErrors).toEqual([]);
});

test("a repository is set, what it refuses is named, and versions lead to their commits", async () => {
  const git = await startGitServer();
  const folder = await mkdtemp(join(tmpdir(), "maestro-web-git-"));
  const deps = Object.assign(web.deps, { git: createGit(folder) });
  const ann = { userId: null, name: "ann" };
  const work = () => commitSaves(deps, new AbortController().signal);
  try {
    const page = await web.signedIn();
    await changeSettings(deps, ann, { "network.allowed": "127.0.0.1" });
    await page.goto(`${web.server.url}/settings`);
    const card = page.getByRole("form", { name: "Git" });
    await card.getByLabel("Repository").fill(git.url);
    await card.getByLabel("Token").fill(git.token);
    await card.getByRole("button", { name: "Save" }).click();
    await card.getByText(/Every save is a commit|not committed yet/).waitFor();
    await git.hook('read -r _ to _; ! git grep -q forbidden "$to" -- tables || exit 1');
    const define = (name: string, query: string) =>
      tableDefinitionSchema.parse({ dataset: "d", name, kind: "summary", query });
    const saved = await createTable(deps, define("fine", "select 1 as x"), ann);
    const refused = await createTable(deps, define("big", "select 'forbidden' as x"), ann);
    await work();
    await git.commit("Theirs", { "tables/d/theirs.sql": "select 1 as x\n" });
    await page.reload();
    await card.getByText("Not committed: d.big, version 1").waitFor();
    await card.getByRole("button", { name: "Take what was pushed" }).click();
    await page.getByText("1 table taken into the catalog").waitFor();
    await page.goto(`${web.server.url}/tables/${refused.id}/versions`);
    await page.getByText(/Not committed: the repository does not take it/).waitFor();
    await changeSettings(deps, ann, {
      "git.url": "https://github.com/team/sql.git",
      "git.token": "another",
    });
    await page.goto(`${web.server.url}/tables/${saved.id}/versions`);
    const [version] = await listVersions(deps, saved.id);
    const link = page.getByRole("link", { name: version?.commit?.sha.slice(0, 8) ?? "none" });
    expect(await link.getAttribute("href")).toBe(version?.commit?.url);
    expect(await git.git("log", "--format=%H", "main")).toContain(version?.commit?.sha);
    expect(web.pageErrors).toEqual([]);
  } finally {
    await git.close();
    await rm(folder, { recursive: true });
  }
});

test("the theme is chosen, and kept over a reload", async () => {
  const page = await web.signedIn();
  const background = () =>
    page.evaluate<string>("getComputedStyle(document.documentElement).backgroundColor");
  const before = await background();
  await page.getByRole("button", { name: /^Theme/ }).click();
  await page.getByRole("button", { name: /^Theme: light/ }).click();
  expect(await background()).not.toBe(before);
  await page.reload();
  await page.getByRole("button", { name: "Theme: dark" }).waitFor();
  expect(await background()).not.toBe(before);
});
