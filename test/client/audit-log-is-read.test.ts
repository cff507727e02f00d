import { readFile } from "node:fs/promises";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ensureLocalAdmin } from "../../server/services/access/ensure-local-admin.ts";
import { expectAccessible } from "./accessibility.ts";
import { openWebFixture, patience, type WebFixture } from "./support.ts";

let web: WebFixture;

beforeAll(async () => {
  web = await openWebFixture();
  await ensureLocalAdmin(web.deps);
  await web.deps.db.execute(sql`
    insert into audit_log (actor, action, subject_kind, subject_id)
    select 'ann@example.com', 'table.update', 'table', g from generate_series(1, 120) g`);
});

afterAll(() => web.close());

test("the log is filtered, paged and downloaded, and the filter is in the address", async () => {
  const page = await web.signedIn();
  await page.goto(`${web.server.url}/audit`);
  const rows = page.locator("tbody tr");
  await expect.poll(() => rows.count(), patience).toBe(100);
  await page.getByRole("button", { name: "Older" }).click();
  await page.getByRole("cell", { name: "table 1", exact: true }).waitFor();
  expect(await rows.count()).toBeLessThan(100);
  await expectAccessible(page);
  await page.getByRole("button", { name: "Newest" }).click();
  await expect.poll(() => rows.count(), patience).toBe(100);

  await page.getByLabel("Who").fill("admin@");
  await page.getByRole("cell", { name: "signIn" }).waitFor();
  await page.getByLabel("Who").fill("");
  await page.getByLabel("To", { exact: true }).selectOption("table");
  await page.getByLabel("Its id").fill("7");
  await expect.poll(() => rows.count(), patience).toBe(1);
  await page.getByRole("link", { name: "table 7" }).waitFor();
  await page.reload();
  await expect.poll(() => rows.count(), patience).toBe(1);
  const downloading = page.waitForEvent("download");
  await page.getByRole("link", { name: "Download as CSV" }).click();
  const text = await readFile(await (await downloading).path(), "utf8");
  expect(text.trimEnd().split("\r\n")).toHaveLength(2);

  await page.getByLabel("Its id").fill("999");
  await page.getByText("No change is like this").waitFor();
  await page.getByRole("button", { name: "Show all" }).click();
  await expect.poll(() => rows.count(), patience).toBe(100);
  expect(web.pageErrors).toEqual([]);
});
