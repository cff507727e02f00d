import { eq } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { notifications } from "../../drizzle/schema/notifications.ts";
import { runs, tableRuns } from "../../drizzle/schema/runs.ts";
import { tables } from "../../drizzle/schema/tables.ts";
import { createTable } from "../../server/services/catalog/save-table.ts";
import { createDatabase } from "../../server/services/databases/create-database.ts";
import { tableDefinitionSchema } from "../../shared/table.ts";
import { expectAccessible } from "./accessibility.ts";
import { openWebFixture, patience, type WebFixture } from "./support.ts";

const actor = { userId: null, name: "test" };

let web: WebFixture;
beforeAll(async () => {
  web = await openWebFixture();
  const address = {
    kind: "postgres",
    host: "127.0.0.1",
    port: 1,
    database: "d",
    username: "u",
  } as const;
  await createDatabase(web.deps, { name: "shop", ...address }, actor);
  await createDatabase(web.deps, { name: "mart", ...address, mayExport: true }, actor);
});
afterAll(() => web.close());

const create = async (name: string, input: object) =>
  (await createTable(web.deps, { dataset: "d", name, kind: "summary", ...input } as never, actor))
    .id;
const savedRow = async (id: number) =>
  (await web.deps.db.select().from(tables).where(eq(tables.id, id)))[0];

test("a table's export, sheet and extract are set, with the server's errors at their fields", async () => {
  const id = await create("report", { query: "select 1 as one" });
  const page = await web.signedIn();
  await page.goto(`${web.server.url}/tables/${id}`);
  const target = page.getByLabel("Export to");
  await target.waitFor();
  const choices = () => target.locator("option").allTextContents();
  await expect.poll(choices, patience).toEqual(["no database", "mart"]);
  await target.selectOption("mart");
  await page.getByLabel("Each export").selectOption("upsert");
  await page.getByLabel("Export table").fill("a.b.c");
  await page.getByRole("button", { name: /^Save/ }).click();
  const field = page.locator(".field", { has: page.getByLabel("Export keys") });
  await field.getByText("an upsert needs keys: name the columns that tell rows apart").waitFor();
  await page.getByLabel("Export keys").fill("one, two");
  await page.getByRole("button", { name: /^Save/ }).click();
  await page.locator(".field").getByText('"a.b.c" names no table').waitFor();
  await page.getByLabel("Export table").fill("marts.report");
  await page.getByLabel("Write a Google sheet after each run").check();
  await page.getByLabel("Sheet readers").fill("nobody");
  await page.getByRole("button", { name: /^Save/ }).click();
  await page.locator(".field").getByText("write an e-mail address").waitFor();
  await page.getByLabel("Sheet readers").fill("reader@example.com");
  await page.getByRole("button", { name: /^Save/ }).click();
  await page.getByText("Saved as version 2").waitFor();
  expect(await savedRow(id)).toMatchObject({
    exportTable: "marts.report",
    exportMode: "upsert",
    exportKeys: ["one", "two"],
    sheet: true,
    sheetReaders: ["reader@example.com"],
  });
  await page.getByRole("button", { name: "More ways to run" }).click();
  await page.getByRole("menuitem", { name: /Sheet now/ }).waitFor();
  await page.getByRole("menuitem", { name: /Export now/ }).click();
  await page.waitForURL(/\/runs\/\d+/);

  await page.goto(`${web.server.url}/tables/${id}`);
  await page.getByLabel("Export to").selectOption("");
  await page.getByRole("button", { name: /^Save/ }).click();
  const question = page.getByRole("dialog", { name: "Save what others will notice?" });
  await question.getByText("marts.report in the database mart is written no more").waitFor();
  await question.getByRole("button", { name: "Save anyway" }).click();
  await page.getByText("Saved as version 3").waitFor();
  expect(await savedRow(id)).toMatchObject({
    exportDatabaseId: null,
    exportTable: "",
    exportMode: "replace",
    exportKeys: [],
  });
  expect(web.pageErrors).toEqual([]);
});

test("an import is told when to take all rows anew, and is imported now or anew by a click", async () => {
  const id = await create("orders", {
    kind: "import",
    importDatabaseId: 1,
    importTable: "orders",
    idColumn: "id",
  });
  const page = await web.signedIn();
  await page.goto(`${web.server.url}/tables/${id}`);
  await page.getByText("Every run imports what is new.").waitFor();
  await page.getByRole("button", { name: "Add a reimport condition" }).click();
  const condition = page.getByRole("group", { name: "Reimport condition 1" });
  await condition.getByRole("button", { name: "Sun", exact: true }).click();
  await page.getByRole("button", { name: /^Save/ }).click();
  await page.getByText("Saved as version 2").waitFor();
  expect(await savedRow(id)).toMatchObject({
    conditions: [],
    reimportConditions: [{ months: [], weekdays: [0], days: [], hours: [] }],
  });
  await page.getByRole("button", { name: "More ways to run" }).click();
  await page.getByRole("menuitem", { name: /Reimport/ }).waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Import now" }).click();
  await page.getByText("d.orders is running").waitFor();
  expect(web.pageErrors).toEqual([]);
});

test("addresses to notify are set, and who was told is shown with each attempt and told again", async () => {
  const id = await create("told", { query: "select 1 as one" });
  const page = await web.signedIn();
  await page.goto(`${web.server.url}/tables/${id}`);
  await page.getByLabel("Notify").fill("example.com");
  await page.getByRole("button", { name: /^Save/ }).click();
  await page.locator(".field").getByText("write an https:// or http:// address").waitFor();
  await page.getByLabel("Notify").fill("https://example.com/hook");
  await page.getByRole("button", { name: /^Save/ }).click();
  await page.getByText("Saved as version 2").waitFor();
  expect((await savedRow(id))?.notifyUrls).toEqual(["https://example.com/hook"]);
  const { db } = web.deps;
  const [run] = await db
    .insert(runs)
    .values({ kind: "manual", state: "succeeded", endedAt: new Date() })
    .returning({ id: runs.id });
  const definition = tableDefinitionSchema.parse({ dataset: "d", name: "told", kind: "summary" });
  const [tableRun] = await db
    .insert(tableRuns)
    .values({ runId: run!.id, tableId: id, definition, state: "succeeded" })
    .returning({ id: tableRuns.id });
  await db.insert(notifications).values({
    tableId: id,
    tableRunId: tableRun!.id,
    url: "https://example.com/hook",
    state: "failed",
    attemptCount: 1,
    attempts: [
      {
        at: "2026-01-01T00:00:00Z",
        status: 502,
        durationMs: 12,
        answer: "down",
        error: "it answered 502",
      },
    ],
  });
  await page.getByRole("link", { name: "Notifications" }).click();
  const card = page.locator(".card", { hasText: "https://example.com/hook" });
  await card.getByText("it answered 502 down").waitFor();
  await card.getByRole("button", { name: "Send again" }).click();
  await card.getByText("waiting").waitFor();
  await page.getByRole("button", { name: "Show" }).click();
  await page.getByRole("button", { name: "Replace it by a new one" }).waitFor();
  await expectAccessible(page);
});
