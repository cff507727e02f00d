import { afterAll, beforeAll, expect, test } from "vitest";
import { openWebFixture, type WebFixture } from "./support.ts";

let web: WebFixture;

beforeAll(async () => {
  web = await openWebFixture();
});

afterAll(() => web.close());

test("a frequency is made with its next ticks in sight, and changed", async () => {
  const page = await web.signedIn();
  await page.goto(`${web.server.url}/frequencies`);
  await page.getByText("No frequencies yet").waitFor();
  await page.getByRole("button", { name: "New frequency" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name").fill("every other hour");
  await dialog.getByLabel("Every: unit").selectOption("hours");
  await dialog.getByLabel("Every", { exact: true }).fill("2");
  await dialog.getByLabel("Offset: unit").selectOption("minutes");
  await dialog.getByLabel("Offset", { exact: true }).fill("30");
  await dialog.getByLabel("Time zone").fill("Nowhere/Land");
  await dialog.getByText("Not valid yet").waitFor();
  await dialog.getByLabel("Time zone").fill("Europe/Berlin");
  await dialog
    .getByText(/:30:00 (GMT\+\d|CES?T)/)
    .first()
    .waitFor();
  await dialog.getByRole("button", { name: "Save" }).click();

  const row = page.getByRole("row", { name: /every other hour/ });
  await row.getByText("every 2 hours, offset +30 min, Europe/Berlin").waitFor();
  await row.getByRole("button", { name: "Edit" }).click();
  await dialog.getByLabel("Active").uncheck();
  await dialog.getByRole("button", { name: "Save" }).click();
  await row.getByText("paused").waitFor();
  expect(web.pageErrors).toEqual([]);
});

test("a database that does not answer says so in its dialog", async () => {
  const page = await web.signedIn();
  await page.goto(`${web.server.url}/databases`);
  await page.getByRole("button", { name: "New database" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name").fill("away");
  await dialog.getByLabel("Host").fill("127.0.0.1");
  await dialog.getByLabel("Port").fill("1");
  await dialog.getByLabel("Database").fill("d");
  await dialog.getByLabel("User").fill("u");
  await dialog.getByLabel("Password").fill("secret");
  await dialog.getByRole("button", { name: "Test the connection" }).click();
  await dialog.locator(".notice.bad").waitFor();
  await dialog.getByRole("button", { name: "Save" }).click();
  await page.getByText("u@127.0.0.1:1/d").waitFor();
  expect(await page.content()).not.toContain("secret");
  expect(web.pageErrors).toEqual([]);
});

test("the theme is chosen, and kept over a reload", async () => {
  const page = await web.signedIn();
  const background = () =>
    page.evaluate<string>("getComputedStyle(document.documentElement).backgroundColor");
  const before = await background();
  await page.getByRole("button", { name: /^Theme/ }).click();
  await page.getByRole("button", { name: /^Theme: light/ }).click();
  expect(await background()).not.toBe(before);
  await page.reload();
  await page.getByRole("button", { name: "Theme: dark" }).waitFor();
  expect(await background()).not.toBe(before);
});
