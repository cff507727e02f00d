import { eq } from "drizzle-orm";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { tables } from "../../drizzle/schema/tables.ts";
import { MaestroError } from "../../shared/errors.ts";
import { insertCatalog } from "../support/catalog.ts";
import { openWebFixture, patience, type WebFixture } from "./support.ts";

let web: WebFixture;
let ids: Map<string, number>;

beforeAll(async () => {
  web = await openWebFixture();
  web.answer(async (query) => {
    const at = query.indexOf("wrong_name");
    if (at === -1) return { bytesProcessed: 5 * 1024 ** 3, schema: [] };
    const before = query.slice(0, at).split("\n");
    throw new MaestroError("invalidSql", "Unrecognized name: wrong_name", {
      position: { line: before.length, column: (before.at(-1) ?? "").length + 1 },
    });
  });
  ids = await insertCatalog(web.deps.db, [
    { name: "source" },
    { name: "typed" },
    { name: "guarded" },
    { name: "shared" },
    { name: "bounded" },
    { name: "versioned", query: "select 0 as zero" },
  ]);
});

afterAll(() => web.close());
beforeEach(() => {
  web.pageErrors.length = 0;
});

async function openTable(page: Page, name: string): Promise<void> {
  await page.goto(`${web.server.url}/tables/${ids.get(name)}`);
  await editorOf(page).waitFor();
}

function editorOf(page: Page) {
  return page.getByRole("textbox", { name: "BigQuery SQL" });
}

async function replaceSql(page: Page, sql: string): Promise<void> {
  await editorOf(page).click();
  await page.keyboard.press("Control+a");
  await page.keyboard.insertText(sql);
}

test("bytes and price show as typing stops, and an error is underlined where it is", async () => {
  const page = await web.signedIn();
  await openTable(page, "typed");
  await page.getByText("reads 5.0 GB").waitFor();
  await page.getByText("$0.03 a run").waitFor();

  await replaceSql(page, "select 1 as one,\n  wrong_name\nfrom d.source");
  await page.getByText("Unrecognized name: wrong_name").waitFor();
  await page.getByText("2:3").waitFor();
  expect(await page.locator(".cm-lintRange-error").textContent()).toBe("wrong_name");

  await replaceSql(page, "select 2 as two from d.source");
  await page.getByText("Valid").waitFor();
  await page.locator(".cm-lintRange-error").waitFor({ state: "detached" });
  expect(web.pageErrors).toEqual([]);
});

test("the editor keeps the focus while answers arrive, cached ones and late ones", async () => {
  const page = await web.signedIn();
  const typing = Promise.withResolvers<void>();
  let isLate = false;
  // On the second visit answers come when somebody types already.
  await page.route("**/trpc/**", async (route) => {
    if (isLate) await typing.promise;
    await route.continue();
  });
  const visit = async (name: string) => {
    await page.getByRole("link", { name: "Tables", exact: true }).first().click();
    await page.getByRole("link", { name, exact: true }).click();
    await editorOf(page).waitFor();
  };
  await visit("d.typed");
  await page.getByText("Valid").waitFor();
  isLate = true;
  await visit("d.typed");
  await editorOf(page).click();
  typing.resolve();
  await page.getByText("Valid").waitFor();
  expect(await editorOf(page).evaluate((editor) => editor.matches(":focus"))).toBe(true);
  expect(web.pageErrors).toEqual([]);
});

test("the catalog's names complete", async () => {
  const page = await web.signedIn();
  await openTable(page, "typed");
  await replaceSql(page, "select * from ");
  await page.keyboard.type("d.sou");
  await page.locator(".cm-tooltip-autocomplete").getByText("d.source").click();
  await expect.poll(() => editorOf(page).textContent(), patience).toContain("from d.source");
});

test("Ctrl-S saves, and the parents read from the SQL show", async () => {
  const page = await web.signedIn();
  await openTable(page, "versioned");
  await replaceSql(page, "select 1 as first");
  await page.keyboard.press("Control+s");
  await page.getByText("Saved as version 2").waitFor();
  await replaceSql(page, "select * from d.source");
  await page.getByText("Unsaved changes").waitFor();
  await page.keyboard.press("Control+s");
  await page.getByText("Saved as version 3").waitFor();
  await page.getByText("Unsaved changes").waitFor({ state: "detached" });
  await page.getByRole("link", { name: "d.source" }).waitFor();

  await page.getByRole("link", { name: "Versions" }).click();
  await page.getByText("Version 3 against 2").waitFor();
  const [before, after] = [2, 3].map((version) =>
    page.getByRole("textbox", { name: `SQL of version ${version}` }),
  );
  expect(await before?.textContent()).toBe("select 1 as first");
  expect(await after?.textContent()).toBe("select * from d.source");

  await page.getByRole("button", { name: "Restore" }).click();
  await page.getByText("Version 2 is back").waitFor();
  await page.getByRole("link", { name: "Definition" }).click();
  await expect.poll(() => editorOf(page).textContent(), patience).toContain("select 1 as first");
  expect(web.pageErrors).toEqual([]);
});

test("leaving with edits asks first, and a look at another tab keeps them", async () => {
  const page = await web.signedIn();
  await openTable(page, "guarded");
  await replaceSql(page, "select 'draft' as kept");
  await page.getByRole("link", { name: "Data", exact: true }).click();
  await page.getByText("Not in the warehouse yet").waitFor();
  await page.getByRole("link", { name: "Definition" }).click();
  expect(await editorOf(page).textContent()).toContain("'draft'");

  const questions: string[] = [];
  page.once("dialog", (dialog) => {
    questions.push(dialog.message());
    void dialog.dismiss();
  });
  await page.getByRole("link", { name: "Runs", exact: true }).click();
  await expect.poll(() => questions, patience).toEqual(["Leave without saving your changes?"]);
  expect(await editorOf(page).textContent()).toContain("'draft'");
  expect(new URL(page.url()).pathname).toBe(`/tables/${ids.get("guarded")}`);
});

test("two people's edits: the second learns of the first's, and chooses", async () => {
  const [ada, ben] = await Promise.all([web.signedIn(), web.signedIn()]);
  await openTable(ada, "shared");
  await openTable(ben, "shared");
  await replaceSql(ben, "select 'ben' as who");
  await ben.getByText("Unsaved changes").waitFor();
  await replaceSql(ada, "select 'ada' as who");
  await ada.getByRole("button", { name: /^Save/ }).click();
  await ada.getByText("Saved as version 2").waitFor();

  // The change reaches Ben's page by itself; his draft is not touched.
  await ben.getByText("Someone saved version 2 meanwhile.").waitFor();
  expect(await editorOf(ben).textContent()).toContain("'ben'");
  await ben.getByRole("button", { name: /^Save/ }).click();
  await ben.getByText("Someone saved version 2 meanwhile.").waitFor();
  await ben.getByRole("button", { name: "Keep my edits over it" }).click();
  await ben.getByRole("button", { name: /^Save/ }).click();
  await ben.getByText("Saved as version 3").waitFor();

  // Ada has no edits: her page follows.
  await expect.poll(() => editorOf(ada).textContent(), patience).toContain("'ben'");
});

test("a new table is refused at its field, then created", async () => {
  const page = await web.signedIn();
  await page.goto(`${web.server.url}/tables/new`);
  await page.getByLabel("Dataset").fill("d");
  await page.getByLabel("Name", { exact: true }).fill("not a name");
  await replaceSql(page, "select 1 as x");
  await page.getByRole("button", { name: /^Create/ }).click();
  await page.getByText("letters, digits and underscores only").first().waitFor();
  expect(await page.getByLabel("Name", { exact: true }).getAttribute("aria-invalid")).toBe("true");

  await page.getByLabel("Name", { exact: true }).fill("fresh");
  await page.getByRole("button", { name: /^Create/ }).click();
  await page.getByRole("heading", { name: "d.fresh" }).waitFor();
  expect(web.pageErrors).toEqual([]);
});

test("a cost cap and retries are refused with what to write, then kept", async () => {
  const page = await web.signedIn();
  await openTable(page, "bounded");
  const settings = page.getByRole("region", { name: "Settings" });
  await settings.getByLabel("Retries").fill("11");
  await page.keyboard.press("Control+s");
  await settings.getByText("11 is no number of retries: write a whole number from 0").waitFor();
  await settings.getByLabel("Retries").fill("5");
  await settings.getByLabel("Cost cap (GB billed)").fill("-1");
  await page.keyboard.press("Control+s");
  await settings.getByText("-1073741824 is no cost cap: write a number above 0").waitFor();
  await settings.getByLabel("Cost cap (GB billed)").fill("2.5");
  await page.keyboard.press("Control+s");
  await page.getByText("a run would be billed 5.0 GiB, and its cost cap is 2.5 GiB").waitFor();
  await page.getByRole("button", { name: "Save anyway" }).click();
  await page.getByText("Saved as version 2").waitFor();
  const id = ids.get("bounded")!;
  const [row] = await web.deps.db.select().from(tables).where(eq(tables.id, id));
  expect(row).toMatchObject({ costCapBytes: 2.5 * 1024 ** 3, retries: 5 });
  expect(web.pageErrors).toEqual([]);
});
