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

test("a tab out of sight lets go of its stream, and is up to date once it is seen again", async () => {
  const page = await web.signedIn();
  const opened = () => page.waitForRequest((request) => request.url().includes("/trpc/events"));
  const first = opened();
  await page.goto(`${web.server.url}/tables`);
  await page.getByRole("link", { name: "d.renamed" }).waitFor();
  await first;
  const show = (isHidden: boolean) =>
    page.evaluate(`Object.defineProperty(document, "hidden", { value: ${isHidden}, configurable: true });
      document.dispatchEvent(new Event("visibilitychange"))`);
  const released = page.waitForEvent("requestfailed", (request) =>
    request.url().includes("/trpc/events"),
  );
  await show(true);
  await released;
  const id = ids.get("one") ?? 0;
  await web.deps.db.update(tables).set({ name: "seen" }).where(eq(tables.id, id));
  const second = opened();
  await show(false);
  await second;
  await page.getByRole("link", { name: "d.seen" }).waitFor();
  await web.deps.db.update(tables).set({ name: "renamed" }).where(eq(tables.id, id));
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
  // A page of the app that was never fetched comes with the server too.
  await page.getByRole("link", { name: "Costs" }).click();
  await page.getByText("Maestro did not answer").waitFor();
  const again = await listenAt(Number(new URL(first.url).port));
  await page.getByText("Reconnecting…").waitFor({ state: "detached", timeout: 40_000 });
  await page.getByRole("heading", { name: "Costs" }).waitFor();
  await page.getByRole("link", { name: "Tables", exact: true }).first().click();
  await page.getByRole("link", { name: "d.back" }).waitFor();
  await again.close();
});
