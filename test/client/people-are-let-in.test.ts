import { afterAll, beforeAll, expect, test } from "vitest";
import { sessionCookieName } from "../../server/api/http/session-request.ts";
import { ensureLocalAdmin } from "../../server/services/access/ensure-local-admin.ts";
import { encodeSession } from "../../server/services/access/session-cookie.ts";
import { addUser } from "../api/support.ts";
import { expectAccessible } from "./accessibility.ts";
import { openWebFixture, patience, type WebFixture } from "./support.ts";

let web: WebFixture;

beforeAll(async () => {
  web = await openWebFixture();
  // The first of all, as on a fresh machine.
  await ensureLocalAdmin(web.deps);
});

afterAll(() => web.close());

/** A page in the session of this user. */
async function pageOf(userId: number) {
  const page = await web.newPage();
  const value = await encodeSession(web.deps, userId);
  const name = sessionCookieName(web.deps.instanceId, false);
  await page.context().addCookies([{ name, value, url: web.server.url }]);
  return page;
}

test("an admin lets a waiting user in, makes a group and adds them; and the last admin stays one", async () => {
  await addUser(web.deps, "ann@example.com", { disabled: true });
  const page = await web.signedIn();
  await page.getByRole("link", { name: "People" }).click();
  await page.getByText("1 user waits to be let in").waitFor();
  const ann = page.getByRole("listitem").filter({ hasText: "ann@example.com" });
  await ann.getByText("waiting").waitFor();
  await ann.getByRole("button", { name: "Enable" }).click();
  await ann.getByText("enabled").waitFor();
  await page.getByText("to be let in").waitFor({ state: "detached" });

  await page.getByRole("link", { name: /^Groups/ }).click();
  await page.getByRole("button", { name: "New group" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name: "Save" }).click();
  await dialog.getByText("a group needs a name").waitFor();
  await dialog.getByLabel("Name").fill("default");
  await page.keyboard.press("Enter");
  await dialog.getByText("there is a group named default already").waitFor();
  await dialog.getByLabel("Name").fill("finance");
  await dialog.getByLabel("Slack channel").fill("two words");
  await page.keyboard.press("Enter");
  // The group is made by now, and is not made twice.
  await dialog.getByText("the name of a channel, such as #data").waitFor();
  await dialog.getByLabel("Slack channel").fill("#money");
  await page.keyboard.press("Enter");
  const finance = page.getByRole("listitem").filter({ hasText: "finance" });
  await finance.getByText("no members, told in #money").waitFor();
  await finance.getByRole("button", { name: "Members" }).click();
  await dialog.getByLabel("ann@example.com").check();
  await dialog.getByRole("button", { name: "Done" }).click();
  await finance.getByText("ann@example.com").waitFor();
  await expectAccessible(page);

  await page.getByRole("link", { name: /^Users/ }).click();
  await ann.getByText("finance").waitFor();
  await expectAccessible(page);
  const local = page.getByRole("listitem").filter({ hasText: "admin@localhost" });
  await local.getByRole("button", { name: "No admin any more" }).click();
  await page.getByText("admin@localhost is the last enabled admin").waitFor();
  await ann.getByRole("button", { name: "Make admin" }).click();
  await ann.getByText("admin", { exact: true }).waitFor();
  await ann.getByRole("button", { name: "No admin any more" }).click();
  await ann.getByRole("button", { name: "Make admin" }).waitFor();
  expect(web.pageErrors).toEqual([]);
});

test("who is no admin is told so, and who is disabled is out of an open page at once", async () => {
  const { id } = await addUser(web.deps, "bob@example.com");
  const theirs = await pageOf(id);
  await theirs.goto(`${web.server.url}/people`);
  await theirs.getByText("This page is for admins").waitFor();
  const nav = theirs.getByRole("navigation", { name: "Main" });
  expect(await nav.getByRole("link", { name: "People" }).count()).toBe(0);

  await theirs.goto(`${web.server.url}/databases`);
  await theirs.getByText("An admin connects a PostgreSQL or MySQL").waitFor();
  expect(await theirs.getByRole("button", { name: "New database" }).count()).toBe(0);
  await theirs.goto(`${web.server.url}/frequencies`);
  await theirs.getByText("Ask an admin to create one").waitFor();
  expect(await theirs.getByRole("button", { name: "New frequency" }).count()).toBe(0);

  const page = await web.signedIn();
  await page.goto(`${web.server.url}/people`);
  const bob = page.getByRole("listitem").filter({ hasText: "bob@example.com" });
  await bob.getByRole("button", { name: "Disable" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Disable" }).click();
  await bob.getByText("disabled").waitFor();
  await expect.poll(() => nav.count(), patience).toBe(0);
  expect(web.pageErrors).toEqual([]);
});

test("a token that ends soon is said to, and an admin revokes another's", async () => {
  const page = await web.signedIn();
  await page.goto(`${web.server.url}/tokens`);
  await page.getByRole("button", { name: "New token" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name").fill("nightly script");
  await dialog.getByLabel("Expires").selectOption({ label: "in a week" });
  await dialog.getByRole("button", { name: "Create" }).click();
  await dialog.getByText("Copy it now").waitFor();
  await dialog.getByRole("button", { name: "Done" }).click();
  await page.getByText("nightly script ends within 7 days").waitFor();

  await page.goto(`${web.server.url}/people/tokens`);
  const row = page.getByRole("row", { name: /nightly script/ });
  await row.getByRole("cell", { name: "admin@localhost" }).waitFor();
  await row.getByRole("button", { name: "Revoke" }).click();
  await dialog.getByRole("button", { name: "Revoke" }).click();
  await page.getByText("Nobody has a token").waitFor();
  expect(web.pageErrors).toEqual([]);
});
