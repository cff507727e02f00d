import { sql } from "drizzle-orm";
import type { Page } from "playwright-core";
import { afterEach, beforeEach, expect, test } from "vitest";
import { tableRuns } from "../../drizzle/schema/runs.ts";
import { assembleRun } from "../../server/services/runs/assemble-run.ts";
import { startRun } from "../../server/services/runs/start-run.ts";
import { insertCatalog, insertFrequency } from "../support/catalog.ts";
import { chooseTables, nobody } from "../support/choose-tables.ts";
import { type EngineFixture, openEngineFixture } from "../support/engine-fixture.ts";
import { until } from "../support/until.ts";
import { expectAccessible } from "./accessibility.ts";
import { openWeb, type Web } from "./support.ts";

let fixture: EngineFixture;
let web: Web;
let page: Page;
beforeEach(async () => {
  fixture = await openEngineFixture();
  web = await openWeb(fixture.deps);
  page = await web.signedIn();
});
afterEach(async () => {
  await web.close();
  await fixture.close();
  expect(web.pageErrors).toEqual([]);
});

let ids: Map<string, number>;

async function startLine(): Promise<number> {
  ids = await insertCatalog(fixture.db, [
    { name: "top" },
    { name: "left", parents: ["top"] },
    { name: "right", parents: ["top"] },
    { name: "bottom", parents: ["left"] },
  ]);
  return (await startRun(fixture.deps, chooseTables(ids.values()), nobody)).runId;
}

test("a run's timeline tells why each table failed or was skipped, and marks the critical path", async () => {
  fixture.warehouse.outcome = ({ table }) =>
    table === "d.left" ? { reason: "invalidQuery", message: "Unrecognized name: x" } : null;
  fixture.warehouse.durationMs = ({ table }) => (table === "d.left" ? 1_500 : 0);
  fixture.start({ ticks: false });
  const runId = await startLine();
  await fixture.runEnded(runId);

  await page.goto(`${web.server.url}/runs/${runId}`);
  const timeline = page.getByRole("region", { name: "Timeline" });
  await timeline
    .getByRole("button", { name: /^Why d\.left failed: .*Unrecognized name: x/ })
    .waitFor();
  await timeline.getByText("d.left failed: Unrecognized name: x").waitFor();
  await page.getByLabel("Critical path only").check();
  await timeline.getByRole("link", { name: "d.right" }).waitFor({ state: "detached" });
  expect(await timeline.getByRole("link").allTextContents()).toEqual(["d.top", "d.left"]);

  await timeline.getByRole("button", { name: /^Why d\.left/ }).click();
  const story = page.getByRole("dialog", { name: "d.left" });
  await story.getByText("waited for d.top").waitFor();
  await story.getByText("query job, attempt 1 failed: Unrecognized name: x").waitFor();
  await story.getByText("1 descendant").waitFor();
  const job = story.getByRole("row", { name: /query/ });
  expect(await job.textContent()).toContain("10.0 MB");
  await story.getByRole("button", { name: "Close" }).click();
  await story.waitFor({ state: "detached" });
});

test("what a table run waits for shows while it waits", async () => {
  fixture.warehouse.durationMs = () => 600_000;
  fixture.start({ ticks: false });
  const runId = await startLine();
  await until("top runs", () => fixture.warehouse.jobs.size === 1);

  await page.goto(`${web.server.url}/runs/${runId}`);
  const timeline = page.getByRole("region", { name: "Timeline" });
  await timeline
    .getByRole("button", { name: /^Why d\.bottom waiting: waits for d\.left/ })
    .waitFor();
  await page.getByRole("link", { name: "Table runs" }).click();
  await page.getByRole("button", { name: "waits for d.top" }).first().click();
  await page.getByRole("dialog").getByText("now: waits for d.top").waitFor();
});

test("the runs list and the table's page tell why, and lead to the whole story", async () => {
  fixture.warehouse.outcome = ({ table }) =>
    table === "d.left" ? { reason: "invalidQuery", message: "Unrecognized name: x" } : null;
  fixture.start({ ticks: false });
  const runId = await startLine();
  await fixture.runEnded(runId);

  await page.goto(`${web.server.url}/runs`);
  await page.getByText("d.left: Unrecognized name: x", { exact: true }).waitFor();
  await page.getByRole("button", { name: `Why the tables of run ${runId}` }).click();
  const reasons = page.getByRole("list", { name: `Table runs of run ${runId}` });
  await reasons.getByRole("listitem").first().waitFor();
  await expectAccessible(page);
  const told = await reasons.getByRole("listitem").allTextContents();
  expect(told).toHaveLength(4);
  expect(told[0]).toMatch(/^failed.*d\.left.*Unrecognized name: x$/);
  expect(told[1]).toMatch(/^skipped.*d\.bottom.*d\.left failed: Unrecognized name: x$/);
  expect(told[3]).toMatch(/^succeeded.*ran because .* asked for it/);

  await page.goto(`${web.server.url}/tables/${ids.get("bottom")}`);
  await page.getByRole("status").getByText("d.left failed: Unrecognized name: x").waitFor();
  await page.getByRole("link", { name: `Run ${runId}`, exact: true }).click();
  const story = page.getByRole("dialog", { name: "d.bottom" });
  await story.getByText("No BigQuery job was made.").waitFor();
});

test("runs are narrowed by filters that are in the address, and compared with the run before", async () => {
  fixture.start({ ticks: false });
  const first = await startLine();
  await fixture.runEnded(first);
  fixture.warehouse.outcome = ({ table }) =>
    table === "d.left" ? { reason: "invalidQuery", message: "Unrecognized name: x" } : null;
  const { runId: second } = await startRun(fixture.deps, chooseTables(ids.values()), nobody);
  await fixture.runEnded(second);

  await page.goto(`${web.server.url}/runs?table=d.left&kind=manual`);
  await page.getByRole("link", { name: "Failed" }).click();
  await page
    .getByRole("link", { name: `Run ${first}`, exact: true })
    .waitFor({ state: "detached" });
  expect(new URL(page.url()).search).toBe("?table=d.left&kind=manual&state=failed");
  await page.getByRole("link", { name: `Run ${second}`, exact: true }).click();
  await page.getByRole("link", { name: "Compare" }).click();
  const compared = page.getByRole("table", { name: "Tables of both runs" });
  await compared.getByRole("row", { name: /d\.left did not succeed any more failed/ }).waitFor();
  await page.getByRole("button", { name: "2 did not succeed any more" }).click();
  const broken = await compared.getByRole("link").allTextContents();
  expect(broken.toSorted()).toEqual(["d.bottom", "d.left"]);
  await expectAccessible(page);

  await page.goto(`${web.server.url}/costs`);
  await page.getByRole("region", { name: "Costs by table" }).getByText("d.bottom").waitFor();
  await expectAccessible(page);
  await page.getByRole("link", { name: "By table as SQL" }).click();
  const answer = page.getByRole("region", { name: "Result" });
  await answer.getByRole("heading", { name: "4 rows" }).waitFor();
  await answer.getByText("d.bottom").waitFor();
  await expectAccessible(page);
  await page.goto(`${web.server.url}/history?q=select+*+from+users`);
  await page.getByText("there is no users here: the tables are").first().waitFor();
  await page.goto(`${web.server.url}/runs?by=nobody%40test`);
  await page.getByRole("heading", { name: "No run is like this" }).waitFor();
});

test("a job shows all that BigQuery said of it", async () => {
  fixture.warehouse.statistics = () => ({
    query: {
      totalBytesBilled: "10485760",
      cacheHit: false,
      referencedTables: [{ projectId: "p", datasetId: "raw", tableId: "events" }],
    },
  });
  fixture.start({ ticks: false });
  const runId = await startLine();
  await fixture.runEnded(runId);
  await page.goto(`${web.server.url}/tables/${ids.get("top")}/jobs`);
  await page
    .getByRole("row", { name: /query.*10\.0 MB/ })
    .getByText("maestro_test")
    .click();
  await page.getByText("p.raw.events").waitFor();
  expect(await page.locator("details.job[open]").textContent()).toMatch(
    /Attempt1Created.*\d{4}.*Started.*\d{4}.*Ended.*\d{4}.*From the cachenoReadp\.raw\.events/,
  );
});

test("home lists what needs attention: a skipped tick and a long wait, with why", async () => {
  const frequencyId = await insertFrequency(fixture.db, {
    name: "hourly",
    periodSeconds: 3_600,
    effectiveFrom: new Date(0),
  });
  await insertCatalog(fixture.db, [{ name: "a", frequencyId }]);
  await assembleRun(fixture.deps, frequencyId, new Date("2026-03-05T10:00:00Z"));
  await assembleRun(fixture.deps, frequencyId, new Date("2026-03-05T11:00:00Z"));
  await assembleRun(fixture.deps, frequencyId, new Date("2026-03-05T12:00:00Z"));
  await fixture.db
    .update(tableRuns)
    .set({ readyAt: sql`clock_timestamp() - interval '10 minutes'` });

  await page.goto(web.server.url);
  const attention = page.getByRole("region", { name: "Needs attention" });
  await attention.getByText("waits for a daemon: none is running").waitFor();
  await attention.getByText(/^2 ticks skipped, the last one: run 1 /).waitFor();
  await attention.getByRole("link", { name: "d.a" }).click();
  await page.getByRole("dialog", { name: "d.a" }).waitFor();
  await page.goto(`${web.server.url}/runs/3`);
  await page.getByText("run 1 of this frequency had not ended").first().waitFor();
  await page.getByRole("heading", { name: "Nothing of it ran" }).waitFor();
});
