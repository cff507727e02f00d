import { readFile } from "node:fs/promises";
import { gunzipSync } from "node:zlib";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import {
  createDataDir,
  type RunningMaestro,
  removeDataDir,
  startMaestro,
} from "../support/start-maestro.ts";
import { expectAccessible } from "./accessibility.ts";
import { openBrowser, patience, watchErrors } from "./support.ts";

/*
 * What a new user does with the real program, in one browser session: each test goes on from where
 * the one before it left the project.
 */

let dataDir: string;
let maestro: RunningMaestro;
let browser: Browser;
let page: Page;
const pageErrors: string[] = [];

/** Some seconds of work, so that a run is there to be cancelled. */
const slowSql = `SELECT COUNTIF(MOD(a * b, 7) = 3) AS strikes
  FROM UNNEST(GENERATE_ARRAY(1, 50000)) AS a, UNNEST(GENERATE_ARRAY(1, 2000)) AS b`;

beforeAll(async () => {
  dataDir = await createDataDir();
  maestro = await startMaestro({ dataDir });
  browser = await openBrowser();
  page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  page.setDefaultTimeout(patience.timeout);
  watchErrors(page, pageErrors);
});

afterAll(async () => {
  await browser?.close();
  await maestro?.stop();
  await removeDataDir(dataDir);
});

beforeEach(() => {
  pageErrors.length = 0;
});

async function openTable(name: string): Promise<void> {
  await page.getByRole("link", { name: "Tables", exact: true }).first().click();
  await page.getByLabel("Search tables by name").fill(name);
  await page.getByRole("link", { name, exact: true }).click();
  await page.getByRole("heading", { name }).waitFor();
}

async function openTab(name: string): Promise<void> {
  await page
    .getByRole("navigation", { name: "Table" })
    .getByRole("link", { name, exact: true })
    .click();
}

async function replaceSql(sql: string): Promise<void> {
  await page.getByRole("textbox", { name: "BigQuery SQL" }).click();
  await page.keyboard.press("Control+a");
  await page.keyboard.insertText(sql);
}

/** The pill of the page's subject; the reason that it bears for screen readers follows the state. */
function state(name: string) {
  return page.locator("h1").getByText(new RegExp(`^${name}(:|$)`));
}

test("the printed link signs in; the sample loads with progress and its run goes green", async () => {
  await page.goto(maestro.signInUrl);
  await page.getByRole("heading", { name: "Welcome to Maestro" }).waitFor();
  await page.getByRole("button", { name: "Load the sample project" }).click();
  await page.getByRole("progressbar", { name: "Sample project" }).waitFor();

  await page.getByRole("heading", { name: "Latest runs" }).waitFor({ timeout: 120_000 });
  await page.getByRole("table").getByRole("link", { name: "Run 1" }).click({ timeout: 60_000 });
  await page.getByRole("region", { name: "Timeline" }).waitFor();
  await state("succeeded").waitFor({ timeout: 120_000 });
  expect(await page.locator(".gantt .bar.succeeded").count()).toBeGreaterThan(20);
  await expectAccessible(page);
  expect(pageErrors).toEqual([]);
}, 300_000);

test("a table's rows show with their types, and its jobs with what they billed", async () => {
  await openTable("demo_raw.flights");
  await openTab("Data");
  await page.getByRole("heading", { name: /^\d{3},\d{3} rows/ }).waitFor();
  expect(await page.getByRole("columnheader", { name: /departed_at/ }).textContent()).toContain(
    "DATETIME",
  );
  // 500 rows are there, and those in sight are in the document.
  const rows = page.getByRole("grid", { name: "Rows" }).getByRole("row");
  await expect.poll(() => rows.count(), patience).toBeGreaterThan(10);
  expect(await rows.count()).toBeLessThan(80);
  await openTab("Jobs");
  await page.getByRole("cell", { name: "load", exact: true }).waitFor();
  await expectAccessible(page);
  await openTab("Costs");
  await page.getByRole("heading", { name: "By day" }).waitFor();
  await expectAccessible(page);
  expect(pageErrors).toEqual([]);
});

test("an extract downloads as compressed CSV", async () => {
  await openTable("demo_marts.airport_scorecard");
  await openTab("Extracts");
  const download = page.waitForEvent("download");
  await page.getByRole("link", { name: "Download" }).first().click();
  const file = await download;
  expect(file.suggestedFilename()).toMatch(/\.csv\.gz$/);
  const csv = gunzipSync(await readFile(await file.path())).toString("utf8");
  expect(csv.split("\n")[0]).toContain("airport");
  expect(csv.split("\n").length).toBeGreaterThan(10);
});

test("an error is told at its place while editing; saved and run, the change is in the data", async () => {
  // A table that no other reads, so that the project stays whole.
  await openTable("demo_marts.bird_strikes_by_state");
  const editor = page.getByRole("textbox", { name: "BigQuery SQL" });
  await editor.waitFor();
  await page.getByText("Valid").waitFor();

  await replaceSql("SELECT\n  no_such_column AS broken\nFROM demo_raw.bird_strikes");
  await page.locator(".sql-foot.bad").getByText("no_such_column").waitFor();
  await page.getByText("2:3", { exact: true }).waitFor();
  expect(await page.locator(".cm-lintRange-error").textContent()).toBe("no_such_column");
  await expectAccessible(page);

  await replaceSql(
    "select 'a,b' as state, [1, 2] as list, null as nothing from demo_raw.bird_strikes limit 2000",
  );
  await page.keyboard.press("Control+Enter");
  const preview = page.getByRole("region", { name: "Preview" });
  await preview.getByRole("heading", { name: "2,000 rows" }).waitFor();
  await preview.getByRole("gridcell", { name: "[1,2]" }).first().dblclick();
  await page.getByRole("dialog", { name: "list" }).waitFor();
  await page.keyboard.press("Escape");
  const csv = page.waitForEvent("download");
  await preview.getByRole("button", { name: "CSV" }).click();
  const lines = (await readFile(await (await csv).path(), "utf8")).split("\r\n");
  expect(lines.slice(0, 2)).toEqual(["state,list,nothing", '"a,b","[1,2]",']);
  expect(lines).toHaveLength(1002);

  await page.getByRole("button", { name: /^Format/ }).click();
  await page.locator(".cm-line").getByText("demo_raw.bird_strikes", { exact: true }).waitFor();
  await replaceSql("SELECT 'edited' AS state, COUNT(b.) AS strikes FROM demo_raw.bird_strikes b");
  for (let at = 0; at < " AS strikes FROM demo_raw.bird_strikes b".length + 1; at += 1) {
    await page.keyboard.press("ArrowLeft");
  }
  await page.keyboard.type("stat");
  await page.locator(".cm-tooltip-autocomplete").getByText("state").first().waitFor();

  await replaceSql("SELECT 'edited' AS state, COUNT(*) AS strikes FROM demo_raw.bird_strikes");
  await page.getByText("Valid").waitFor();
  await page.keyboard.press("Control+s");
  await page.getByText("Saved as version 2").waitFor();
  await page.getByRole("button", { name: "Run", exact: true }).click();
  await openTab("Data");
  await page.getByRole("gridcell", { name: "edited" }).waitFor({ timeout: 60_000 });
  await state("succeeded").waitFor();
  expect(pageErrors).toEqual([]);
});

test("a save that breaks other tables names them, and asks", async () => {
  await openTable("demo_core.routes");
  await page.getByRole("textbox", { name: "BigQuery SQL" }).waitFor();
  await replaceSql("SELECT route, 1 AS nothing_else FROM demo_core.flights GROUP BY route");
  await page.keyboard.press("Control+s");
  const question = page.getByRole("dialog", { name: "Save what breaks other tables?" });
  await question.getByRole("link", { name: "demo_marts.route_ranking" }).waitFor();
  await question.getByText("nothing_else").waitFor();
  await expectAccessible(page);
  await question.getByRole("button", { name: "Keep editing" }).click();
  await page.getByRole("button", { name: "Discard" }).click();
  await page.getByText("Unsaved changes").waitFor({ state: "detached" });

  // So does another name, and a save of which nothing is known.
  await page.getByLabel("Name", { exact: true }).fill("ways");
  await page.keyboard.press("Control+s");
  await question
    .getByText("it reads demo_core.routes, which nothing renews then")
    .first()
    .waitFor();
  await question.getByText("BigQuery keeps demo_core.routes as it is now").waitFor();
  await question.getByRole("button", { name: "Keep editing" }).click();
  await page.route("**/trpc/tables.plan", (route) => route.abort());
  await page.keyboard.press("Control+s");
  const unknown = page.getByRole("dialog", { name: "Save without a plan?" });
  await unknown.getByText("nobody knows which columns change").waitFor();
  await unknown.getByRole("button", { name: "Keep editing" }).click();
  await page.unroute("**/trpc/tables.plan");
  await page.getByRole("button", { name: "Discard" }).click();
  await page.getByText("Unsaved changes").waitFor({ state: "detached" });
  expect(pageErrors).toEqual([]);
});

test("a file is uploaded from the browser and becomes the external table's rows", async () => {
  await openTable("demo_raw.holidays");
  await page.locator("input[type=file]").setInputFiles({
    name: "holidays.csv",
    mimeType: "text/csv",
    buffer: Buffer.from("day,name\n2001-07-04,Independence Day\n2001-12-25,Christmas\n"),
  });
  await page.getByText("Uploaded.").waitFor();
  await page.getByRole("link", { name: /^Run \d+ loads it/ }).click();
  await state("succeeded").waitFor({ timeout: 60_000 });
  await openTable("demo_raw.holidays");
  await openTab("Data");
  await page.getByRole("heading", { name: /^2 rows/ }).waitFor();
  expect(pageErrors).toEqual([]);
});

test("the graph shows the catalog, and leads to a table", async () => {
  await page.getByRole("link", { name: "Graph", exact: true }).first().click();
  const graph = page.getByRole("region", { name: /^Graph of the catalog/ });
  await graph.getByRole("link").first().waitFor();
  expect(await graph.getByRole("link").count()).toBe(29);
  await expectAccessible(page);
  await graph.getByRole("link", { name: /^routes demo_core/ }).click();
  await page.getByRole("heading", { name: "demo_core.routes" }).waitFor();
  expect(pageErrors).toEqual([]);
});

test("a run can be cancelled, and resumed to its end", async () => {
  await openTable("demo_marts.bird_strikes_by_state");
  await page.getByText("Valid").waitFor();
  await replaceSql(slowSql);
  await page.getByText("Valid").waitFor();
  await page.keyboard.press("Control+s");
  await page.getByText("Saved as version 3").waitFor();
  await page.getByRole("link", { name: "Runs", exact: true }).click();
  await page.getByRole("button", { name: "Start a frequency" }).click();
  await page.getByRole("menuitem", { name: /^Daily/ }).click();
  await page.getByRole("button", { name: "Cancel", exact: true }).click();
  await page.getByRole("button", { name: "Cancel the run" }).click();
  await state("cancelled").waitFor({ timeout: 60_000 });
  await page.getByRole("button", { name: "Resume" }).click();
  await state("succeeded").waitFor({ timeout: 120_000 });
}, 200_000);

test("a token is shown once, lets a program in, and is refused once revoked", async () => {
  await page.getByRole("link", { name: "Tokens" }).click();
  await page.getByRole("button", { name: "New token" }).click();
  await page.getByRole("textbox", { name: "Name" }).fill("script");
  await page.getByRole("button", { name: "Create" }).click();
  const token = await page.locator(".secret").textContent();
  await page.getByRole("button", { name: "Done" }).click();
  const ask = () =>
    fetch(`${maestro.url}/trpc/me.get`, { headers: { "x-api-token": token ?? "" } });
  expect((await ask()).status).toBe(200);
  expect(await page.content()).not.toContain(token ?? "mst");

  await page
    .getByRole("row", { name: /script/ })
    .getByRole("button", { name: "Revoke" })
    .click();
  await page.getByRole("dialog").getByRole("button", { name: "Revoke" }).click();
  await page.getByText("No tokens yet").waitFor();
  expect((await ask()).status).toBe(401);
});
