import { eq } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { tables } from "../../drizzle/schema/tables.ts";
import { createHttpServer } from "../../server/api/http-server.ts";
import { insertCatalog } from "../support/catalog.ts";
import { expectAccessible } from "./accessibility.ts";
import { openWebFixture, patience, type WebFixture, webRoot } from "./support.ts";

let web: WebFixture;
let ids: Map<string, number>;

beforeAll(async () => {
  web = await openWebFixture();
  ids = await insertCatalog(web.deps.db, [{ name: "one" }]);
});

afterAll(() => web.close());

async function listenAt(port: number) {
  const server = await createHttpServer(web.deps, {
    facts: { version: "test" },
    webRoot,
    pythonClient: "/nowhere",
    allowedHosts: "loopback",
    secureCookies: false,
    connectSources: [],
  });
  return { url: await server.listen({ host: "127.0.0.1", port }), close: () => server.close() };
}

test("a stranger is told how to sign in; signing out ends the session", async () => {
  const stranger = await web.newPage();
  await stranger.goto(`${web.server.url}/tables`);
  await stranger.getByRole("heading", { name: "Sign in to Maestro" }).waitFor();
  await expectAccessible(stranger);

  const page = await web.signedIn();
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("heading", { name: "Sign in to Maestro" }).waitFor();
});

test("a change made elsewhere shows without a reload", async () => {
  const page = await web.signedIn();
  await page.goto(`${web.server.url}/tables`);
  await page.getByRole("link", { name: "d.one" }).waitFor();
  const events = page.waitForResponse((response) => response.url().includes("/trpc/events"));
  await page.reload();
  await events;
  const id = ids.get("one") ?? 0;
  await web.deps.db.update(tables).set({ name: "renamed" }).where(eq(tables.id, id));
  await expect
    .poll(async () => {
      await web.deps.changes.publish({ noun: "table", id });
      return page.getByRole("link", { name: "d.renamed" }).count();
    }, patience)
    .toBe(1);
});

test("a lost server shows as reconnecting, and its return brings the page up to date", async () => {
  const first = await listenAt(0);
  const page = await web.signedIn();
  await page.goto(`${first.url}/tables`);
  await page.getByRole("link", { name: "d.renamed" }).waitFor();

  await first.close();
  await page.getByText("Reconnecting…").waitFor();
  await page
    .getByText(/what you see is of \d\d:\d\d:\d\d, and comes up to date by itself/)
    .waitFor();
  await expectAccessible(page);
  // What was there stays to be read.
  expect(await page.getByRole("link", { name: "d.renamed" }).count()).toBe(1);

  const id = ids.get("one") ?? 0;
  await web.deps.db.update(tables).set({ name: "back" }).where(eq(tables.id, id));
  const again = await listenAt(Number(new URL(first.url).port));
  await page.getByText("Reconnecting…").waitFor({ state: "detached", timeout: 40_000 });
  await page.getByRole("link", { name: "d.back" }).waitFor();
  await again.close();
});
