import { eq } from "drizzle-orm";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { databases, tables } from "../../drizzle/schema/tables.ts";
import { transfers } from "../../drizzle/schema/transfers.ts";
import { createDatabase } from "../../server/services/databases/create-database.ts";
import { createSourceDatabase, type SourceDatabase } from "../connectors/support.ts";
import { insertImportTable, insertTableRun } from "../services/transfers/fixture.ts";
import { expectAccessible } from "./accessibility.ts";
import { openWebFixture, patience, type WebFixture } from "./support.ts";

const actor = { userId: null, name: "test" };

let web: WebFixture;
let source: SourceDatabase;

beforeAll(async () => {
  [web, source] = await Promise.all([openWebFixture(), createSourceDatabase()]);
  await source.query(`create schema shop;
    create table shop.orders (id bigint primary key, note text);
    create table shop."Odd Names" ("Total Price" numeric, "total price" int, ok text);
    create table orders (code text primary key)`);
});

afterAll(async () => {
  await web.close();
  await source.drop();
});

async function pasteUrl(page: Page, url: string): Promise<void> {
  await page.getByRole("dialog").getByLabel("URL", { exact: true }).fill(url);
  await page.keyboard.press("Tab");
}

test("a database is made from its URL, tested step by step, and its errors stand at their fields", async () => {
  const page = await web.signedIn();
  await page.goto(`${web.server.url}/databases`);
  await page.getByRole("button", { name: "New database" }).click();
  const dialog = page.getByRole("dialog");
  await pasteUrl(page, "postgresql://u:p%zz@h/d");
  await dialog.getByText('the password has a "%" that begins no character').waitFor();
  const { host, port, database, username, password } = source.address;
  const url = `postgresql://${username}:${password}@${host}:${port}/${database}?sslmode=require`;
  await pasteUrl(page, url);
  expect(await dialog.getByLabel("URL", { exact: true }).inputValue()).toBe("");
  expect(await dialog.getByLabel("Host", { exact: true }).inputValue()).toBe(host);
  expect(await dialog.getByLabel("Port", { exact: true }).inputValue()).toBe(String(port));
  expect(await dialog.getByLabel("TLS", { exact: true }).inputValue()).toBe("require");
  await dialog.getByLabel("Name", { exact: true }).fill("shop");
  await dialog.getByLabel("Import dataset", { exact: true }).fill("raw");
  await dialog.getByLabel("Bytes a second", { exact: true }).fill("2.5");
  await dialog.getByRole("button", { name: "Test the connection" }).click();
  await dialog.getByText("offers no encryption: turn TLS on in the server").waitFor();

  await dialog.getByLabel("TLS", { exact: true }).selectOption("verify-full");
  await dialog.getByLabel("Authority (PEM)", { exact: true }).fill("/etc/ssl/ca.pem");
  await dialog.getByRole("button", { name: "Test the connection" }).click();
  await dialog.locator(".field").getByText("this is no PEM: paste all from").waitFor();
  expect(
    await dialog.getByLabel("Authority (PEM)", { exact: true }).getAttribute("aria-invalid"),
  ).toBe("true");
  await dialog.getByLabel("Authority (PEM)", { exact: true }).fill("");
  await dialog.getByLabel("TLS", { exact: true }).selectOption("prefer");
  await dialog.getByRole("button", { name: "Test the connection" }).click();
  await dialog.getByText(/may read all 3 tables/).waitFor();
  await dialog.getByText("the connection is not encrypted").waitFor();
  await dialog.getByRole("button", { name: "Save" }).click();
  await page.getByText(`@${host}:${port}/${database}`).waitFor();
  const [saved] = await web.deps.db.select().from(databases);
  expect(saved).toMatchObject({ importDataset: "raw", bytesPerSecond: 2.5 * 1024 ** 2 });
  expect(web.pageErrors).toEqual([]);
});

test("an edit keeps the password, and asks for it again where it would go in the clear", async () => {
  const page = await web.signedIn();
  await page.goto(`${web.server.url}/databases`);
  await page.getByRole("button", { name: "Edit" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("TLS", { exact: true }).selectOption("disable");
  await dialog.getByRole("button", { name: "Test the connection" }).click();
  await dialog.locator(".field").getByText("enter the password again").waitFor();
  await dialog.getByLabel("TLS", { exact: true }).selectOption("prefer");
  await dialog.getByLabel("Sign in without a password").check();
  await dialog.getByRole("button", { name: "Test the connection" }).click();
  await dialog
    .getByText(/asks for the password/)
    .first()
    .waitFor();
  await dialog.getByLabel("Sign in without a password").uncheck();
  await dialog.getByLabel("Transfers at once", { exact: true }).fill("3");
  await dialog.getByRole("button", { name: "Test the connection" }).click();
  await dialog.getByText(/may read all 3 tables/).waitFor();
  await dialog.getByRole("button", { name: "Save" }).click();
  await dialog.waitFor({ state: "detached" });
  const [saved] = await web.deps.db.select().from(databases);
  expect(saved).toMatchObject({ concurrentTransfers: 3 });
  expect(saved?.password).not.toBeNull();
});

test("tables of a source are searched, chosen, and made imports with names that BigQuery takes", async () => {
  const page = await web.signedIn();
  await page.goto(`${web.server.url}/databases`);
  await page.getByRole("link", { name: "Browse" }).click();
  await page.getByText("3 tables", { exact: true }).waitFor();
  await page.getByLabel("Search source tables").fill("shop.");
  await page.getByText("2 tables", { exact: true }).waitFor();
  await expectAccessible(page);
  await page.getByLabel("Search source tables").fill("");
  await page.getByText("3 tables", { exact: true }).waitFor();
  await page.getByLabel("Choose all that are listed").check();
  await page.getByRole("button", { name: "Import 3 tables" }).click();
  const dialog = page.getByRole("dialog");
  expect(await dialog.getByLabel("Table of public.orders").inputValue()).toBe("orders");
  expect(await dialog.getByLabel("Table of shop.orders").inputValue()).toBe("shop_orders");
  expect(await dialog.getByLabel("Id column of shop.orders").inputValue()).toBe("id");
  expect(await dialog.getByLabel("Id column of public.orders").inputValue()).toBe("");
  await dialog.getByLabel("Table of public.orders").fill("no name");
  await dialog.getByRole("button", { name: "Create 3 import tables" }).click();
  await dialog.getByText("letters, digits and underscores only").waitFor();
  await dialog.getByLabel("Table of public.orders").fill("codes");
  await dialog.getByRole("button", { name: "Create 1 import table" }).click();
  await dialog.getByRole("link", { name: "raw.codes" }).waitFor();
  const made = await web.deps.db.select().from(tables).orderBy(tables.name);
  expect(made.map(({ name, importTable, idColumn }) => [name, importTable, idColumn])).toEqual([
    ["Odd_Names", "", null],
    ["codes", "public.orders", null],
    ["shop_orders", "shop.orders", "id"],
  ]);
  expect(made[0]?.query).toBe(
    `SELECT\n  "Total Price" AS "Total_Price",\n  "total price" AS "total_price_2",\n  "ok"\nFROM "shop"."Odd Names"`,
  );
  await dialog.getByRole("button", { name: "Close" }).click();
  await page.getByRole("link", { name: "Tables", exact: true }).last().click();
  await page.getByRole("link", { name: "raw.shop_orders" }).waitFor();
  expect(web.pageErrors).toEqual([]);
});

test("transfers are followed live, filtered, looked into and cancelled", async () => {
  const { deps } = web;
  const { id: databaseId } = await createDatabase(
    deps,
    { name: "warehouse", ...source.address },
    actor,
  );
  const client = { ...web.deps, close: async () => undefined } as never;
  const running = await insertImportTable(client, { name: "moving" });
  const failed = await insertImportTable(client, { name: "broken" });
  const [runningRun, failedRun] = [
    await insertTableRun(client, running),
    await insertTableRun(client, failed),
  ];
  const [moving] = await deps.db
    .insert(transfers)
    .values([
      {
        tableRunId: runningRun.id,
        tableId: running.tableId,
        databaseId,
        kind: "import",
        state: "running",
        attempt: 1,
        startedAt: new Date(Date.now() - 60_000),
        leaseOwner: "room-7",
        leaseUntil: new Date(Date.now() + 3_600_000),
        rows: 400_000,
        bytes: 80_000_000,
        totalRows: 1_000_000,
        statement: 'SELECT * FROM "shop"."orders"',
      },
      {
        tableRunId: failedRun.id,
        tableId: failed.tableId,
        kind: "import",
        state: "failed",
        attempt: 3,
        startedAt: new Date(Date.now() - 600_000),
        endedAt: new Date(Date.now() - 500_000),
        error: "the database has no table orders",
      },
    ])
    .returning();
  const page = await web.signedIn();
  await page.goto(`${web.server.url}/transfers`);
  const row = page.getByRole("row", { name: /moving/ });
  await row.getByText("400,000 of about 1,000,000 rows").waitFor();
  await row.getByText(/done in 1 min|done in 90 s|done in 2 min/).waitFor();
  expect(await row.getByRole("progressbar").getAttribute("aria-valuenow")).toBe("40");
  await deps.db.update(transfers).set({ rows: 600_000 }).where(eq(transfers.id, moving!.id));
  await expect
    .poll(() => row.getByRole("progressbar").getAttribute("aria-valuenow"), patience)
    .toBe("60");
  await page.getByText("the database has no table orders").first().waitFor();
  await page.getByLabel("State").selectOption("failed");
  await row.waitFor({ state: "detached" });
  await page.getByLabel("State").selectOption("");
  await page.getByLabel("Database").selectOption("warehouse");
  await page.getByRole("row", { name: /broken/ }).waitFor({ state: "detached" });
  await row.getByRole("button", { name: "Details" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText('SELECT * FROM "shop"."orders"').waitFor();
  await dialog.getByText("room-7").waitFor();
  await expectAccessible(page);
  await dialog.getByRole("button", { name: "Close" }).click();
  await row.getByRole("link", { name: "raw_1.moving" }).click();
  const moves = page.getByRole("region", { name: `Transfer ${moving!.id}` });
  await moves.getByText("600,000 of about 1,000,000 rows").waitFor();
  await moves.getByRole("button", { name: "Cancel" }).click();
  await page.getByRole("link", { name: "Transfers" }).last().click();
  await row.getByText("cancelling").waitFor();
  expect(web.pageErrors).toEqual([]);
});
