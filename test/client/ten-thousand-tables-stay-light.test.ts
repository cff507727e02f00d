import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { insertCatalog } from "../support/catalog.ts";
import { openWebFixture, type WebFixture } from "./support.ts";

let web: WebFixture;

beforeAll(async () => {
  web = await openWebFixture();
  await insertCatalog(
    web.deps.db,
    Array.from({ length: 10_000 }, (_, at) => ({
      name: `table_${at}`,
      ...(at > 0 && at % 3 === 0 ? { parents: [`table_${Math.floor(at / 2)}`] } : {}),
    })),
  );
  // As autovacuum does within a minute of such a change: before it, plans are made for an empty table.
  await web.deps.db.execute(sql`analyze`);
});

afterAll(() => web.close());

test("the list holds all tables and only those in sight are in the document", async () => {
  const page = await web.signedIn();
  await page.goto(`${web.server.url}/tables`);
  await page.getByText("10,000 tables").waitFor();
  const rows = page.getByRole("table", { name: "Tables" }).getByRole("row");
  expect(await rows.count()).toBeLessThan(80);

  await page.getByLabel("Search tables by name").fill("table_999");
  await page.getByText("11 tables").waitFor();
  expect(await page.getByRole("link", { name: "d.table_9990" }).count()).toBe(1);

  await page.getByLabel("Search tables by name").fill("");
  await page.getByRole("button", { name: "Name" }).click();
  await page.getByRole("link", { name: "d.table_9999" }).waitFor();
  expect(web.pageErrors).toEqual([]);
});

test("a table is found from anywhere by its name, and pages by their keys", async () => {
  const page = await web.signedIn();
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox", { name: "Find a table or a page" }).fill("le_7421");
  await page.getByRole("option", { name: "d.table_7421" }).waitFor();
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "d.table_7421" }).waitFor();

  await page.keyboard.press("?");
  await page.getByRole("dialog", { name: "Keyboard shortcuts" }).waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await page.keyboard.press("g");
  await page.keyboard.press("c");
  await page.getByRole("heading", { name: "Costs" }).waitFor();
  expect(web.pageErrors).toEqual([]);
});

test("the graph of all of them is laid out, and narrows to one table's line", async () => {
  const page = await web.signedIn();
  await page.goto(`${web.server.url}/graph`);
  await page.locator(".graph-canvas").waitFor();
  const focus = page.getByLabel("Show one table with its ancestors and descendants");
  await focus.fill("d.table_6");
  await focus.press("Enter");
  await page.getByRole("link", { name: /^table_6 / }).waitFor();
  // Its parent is table_3, which stands alone above it.
  await page.getByRole("link", { name: /^table_3 / }).waitFor();
  expect(new URL(page.url()).searchParams.get("focus")).toBe("d.table_6");
  await page.getByLabel("What of its line is shown").selectOption("Descendants");
  await page.getByRole("link", { name: /^table_3 / }).waitFor({ state: "detached" });
  await page.getByRole("link", { name: /^table_6 / }).waitFor();
  expect(web.pageErrors).toEqual([]);
});
