import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { rooms, schedulerPoints } from "../../drizzle/schema/schedulers.ts";
import { ping } from "../../server/services/rooms/ping.ts";
import { createScheduler } from "../../server/services/schedulers/create-scheduler.ts";
import { getScheduler } from "../../server/services/schedulers/get-scheduler.ts";
import { scale } from "../../server/services/schedulers/scale.ts";
import { expectAccessible } from "./accessibility.ts";
import { openWebFixture, patience, type WebFixture } from "./support.ts";

let web: WebFixture;
const actor = { userId: null, name: "ann@example.com" };

beforeAll(async () => {
  web = await openWebFixture();
  const { id: schedulerId } = await createScheduler(web.deps, actor, {
    name: "scorer",
    game: "analytics",
    cmd: ["python3", "score.py"],
    ports: [{ containerPort: 5050, name: "http" }],
    autoscaling: { min: 1, max: 10 },
  });
  const { db } = web.deps;
  await db.insert(rooms).values([
    { schedulerId, id: "r-one", state: "ready", host: "10.0.0.7", ports: [] },
    { schedulerId, id: "r-two", state: "occupied", memoryBytes: 64 * 2 ** 20, cpuMillis: 250 },
    { schedulerId, id: "r-bad", state: "error", reason: "it ended with code 3" },
  ]);
  const minutesAgo = (minutes: number) => sql`now() - make_interval(mins => ${minutes}::int)`;
  await db.insert(schedulerPoints).values(
    [50, 40, 30, 20, 10, 1].map((minutes, index) => ({
      schedulerId,
      trigger: "rooms",
      at: minutesAgo(minutes),
      counts: { ready: 2, occupied: index },
    })),
  );
  await scale(web.deps, actor, "scorer", { replicas: 4 });
  await db.execute(sql`update scheduler_operations set state = 'failed', started_at = now(),
    ended_at = now(), reason = 'no room was ready within 300 s', progress = '{"done":1,"total":4}'
    where kind = 'create'`);
});
afterAll(() => web.close());

test("an admin sees fleets, their rooms live, how many there were, and what was done and why", async () => {
  const page = await web.signedIn();
  await page.getByRole("link", { name: "Schedulers" }).click();
  const row = page.getByRole("row", { name: /scorer/ });
  await row.getByText("1 occupied").waitFor();
  expect(await row.textContent()).toContain("1 to 10");

  await row.getByRole("link", { name: "scorer" }).click();
  await page.getByRole("cell", { name: /it ended with code 3/ }).waitFor();
  const caption = page.locator("figure figcaption");
  expect(await caption.textContent()).toMatch(
    /5 of 7 rooms were occupied .*; at most there were 7/,
  );
  const one = page.getByRole("row", { name: /r-one/ });
  await one.getByText("ready").waitFor();
  await ping(
    web.deps,
    { scheduler: "scorer", room: "r-one" },
    { timestamp: 1, status: "occupied", metadata: {} },
  );
  await one.getByText("occupied").waitFor();
  await expectAccessible(page);

  await page.getByRole("link", { name: "Operations" }).click();
  await page.getByText("no room was ready within 300 s").first().waitFor();
  await expectAccessible(page);
  await expect.poll(() => page.getByText("scale from 1 to 4").count(), patience).toBeGreaterThan(0);
  await page.getByRole("link", { name: "Specification" }).click();
  await page.getByText("- score.py").waitFor();
  expect(web.pageErrors).toEqual([]);
});

test("a scheduler is made, scaled, changed, rolled back and deleted, and each says first what it will do", async () => {
  const page = await web.signedIn();
  await page.goto(`${web.server.url}/schedulers`);
  await page.getByRole("button", { name: "New scheduler" }).click();
  const dialog = page.getByRole("dialog");
  const editor = page.getByRole("textbox", { name: "Specification" });
  const write = async (text: string) => {
    await editor.click();
    await page.keyboard.press("Control+A");
    await page.keyboard.insertText(text);
  };
  await write("name: fetcher\ncmd: [fetch]\nmaxSurg: 3\nautoscaling: {min: 9, max: 3}\n");
  await dialog.getByText("Line 3 maxSurg there is no such field").waitFor();
  await dialog.getByText("Line 4 autoscaling.min min 9 is above max 3").waitFor();
  expect(await dialog.getByRole("button", { name: "Create" }).isDisabled()).toBe(true);
  await write("name: fetcher\ncmd: [fetch]\nautoscaling: {min: 2, max: 5}\n");
  await dialog.getByText("Makes fetcher, of 2 to 5 rooms").waitFor();
  await dialog.getByRole("button", { name: "Create" }).click();
  await page.getByRole("heading", { name: "fetcher" }).waitFor();
  const view = () => getScheduler(web.deps, "fetcher");

  await page.getByRole("button", { name: "Scale" }).click();
  await dialog.getByLabel("Rooms").fill("9");
  await dialog.getByText("It may have 5 at most").waitFor();
  await dialog.getByLabel("Rooms").fill("4");
  await dialog.getByText("2 rooms start").waitFor();
  await dialog.getByRole("button", { name: "Scale" }).click();
  await expect.poll(async () => (await view()).desired, patience).toBe(4);
  await page.getByRole("button", { name: "Min" }).click();
  await dialog.getByLabel("Min").fill("1");
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect.poll(async () => (await view()).version, patience).toBe("1.1");

  await page.getByRole("button", { name: "Change" }).click();
  await write("name: fetcher\ncmd: [fetch, all]\nautoscaling: {min: 1, max: 5}\n");
  await dialog.getByText("A major change, of cmd").waitFor();
  await dialog.getByRole("button", { name: "Save" }).click();
  await page.getByRole("link", { name: "Specification" }).click();
  await page.getByText("Version 2.0", { exact: true }).waitFor();
  await page.getByRole("button", { name: "Roll back" }).first().click();
  await dialog.getByText("A major change, of cmd").waitFor();
  await dialog.getByRole("button", { name: "Roll back" }).click();
  await expect.poll(async () => (await view()).specification.cmd, patience).toEqual(["fetch"]);

  await page.getByRole("button", { name: "Delete" }).click();
  await dialog.getByText("Lost for good are its specification").waitFor();
  await dialog.getByRole("button", { name: "Delete the scheduler" }).click();
  await page.getByRole("row", { name: /fetcher.*terminating/ }).waitFor();
  expect(web.pageErrors).toEqual([]);
});
