import type { Page } from "playwright-core";
import { afterEach, beforeEach, expect, test } from "vitest";
import { startRun } from "../../server/services/runs/start-run.ts";
import { insertCatalog } from "../support/catalog.ts";
import { chooseTables, nobody } from "../support/choose-tables.ts";
import { type EngineFixture, openEngineFixture } from "../support/engine-fixture.ts";
import { until } from "../support/until.ts";
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

async function startLine(): Promise<number> {
  const ids = await insertCatalog(fixture.db, [
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
