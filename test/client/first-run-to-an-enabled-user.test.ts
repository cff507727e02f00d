import { eq } from "drizzle-orm";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { users } from "../../drizzle/schema/users.ts";
import { ensureBootToken } from "../../server/services/access/boot-token.ts";
import { changeSettings } from "../../server/services/settings/change-settings.ts";
import { redirectPath } from "../../shared/sign-in.ts";
import { startOidcProvider, type TestProvider } from "../support/oidc-provider.ts";
import { expectAccessible } from "./accessibility.ts";
import { openWebFixture, type WebFixture } from "./support.ts";

let web: WebFixture;
let provider: TestProvider;

beforeAll(async () => {
  web = await openWebFixture({ signInLinks: false });
  provider = await startOidcProvider({
    redirectUris: [`${web.server.url}${redirectPath}`],
    people: ["ann@example.com", "bob@example.com", "eve@example.net"],
  });
  const actor = { userId: null, name: "test" };
  await changeSettings(web.deps, actor, {
    "oauth.issuer": provider.issuer,
    "network.allowed": "127.0.0.1",
  });
});

afterAll(async () => {
  await provider.close();
  await web.close();
});

async function signInAs(page: Page, email: string): Promise<void> {
  await page.getByRole("button", { name: "Sign in with Google" }).click();
  await page.getByRole("link", { name: email }).click();
}

test("from an empty installation to a second user whom the page lets in by itself", async () => {
  const bootToken = (await ensureBootToken(web.deps)) ?? "";
  const page = await web.newPage();
  await page.goto(`${web.server.url}/tables`);
  await page.getByRole("heading", { name: "Set up signing in" }).waitFor();
  await page.getByText(`${web.server.url}${redirectPath}`).waitFor();
  const save = page.getByRole("button", { name: "Save" });
  await page.getByLabel("Boot token").fill("a wrong one");
  await page.getByLabel("OAuth client ID").fill(provider.clientId);
  await page.getByLabel("OAuth client secret").fill(provider.clientSecret);
  await page.getByLabel("Allowed domains").fill("example.com");
  await save.click();
  await page.getByText("this is not the boot token").waitFor();
  await expectAccessible(page);
  await page.getByLabel("Boot token").fill(bootToken);
  await save.click();

  await signInAs(page, "ann@example.com");
  await page.getByRole("navigation", { name: "Main" }).waitFor();
  expect(new URL(page.url()).pathname).toBe("/tables");

  await page.getByRole("link", { name: "Settings" }).click();
  const costs = page.getByRole("form", { name: "Costs" });
  await costs.getByLabel("Currency").fill("euros");
  await costs.getByRole("button", { name: "Save" }).click();
  await costs.getByText("three letters, such as USD or EUR").waitFor();
  await costs.getByLabel("Currency").fill("EUR");
  await costs.getByRole("button", { name: "Save" }).click();
  await costs.getByText("by ann@example.com").waitFor();
  await page.getByRole("button", { name: "Forget" }).click();
  const asks = page.getByRole("dialog", { name: "Forget the OAuth client secret?" });
  await asks.getByRole("button", { name: "Keep" }).click();
  await asks.waitFor({ state: "hidden" });
  await page.getByRole("link", { name: "Costs" }).click();
  await page.getByText("€0").first().waitFor();

  const second = await web.newPage();
  await second.goto(web.server.url);
  await signInAs(second, "eve@example.net");
  await second.getByText("Your e-mail address may not sign in here").waitFor();
  // The provider remembers who was there, as Google's does; another browser asks anew.
  await second.context().clearCookies();
  await second.reload();
  await signInAs(second, "bob@example.com");
  await second.getByRole("heading", { name: "An admin has to let you in" }).waitFor();
  await second.getByText("bob@example.com").waitFor();
  await web.deps.db
    .update(users)
    .set({ disabled: false })
    .where(eq(users.email, "bob@example.com"));
  await second.getByRole("navigation", { name: "Main" }).waitFor();
  expect(web.pageErrors).toEqual([]);
});
