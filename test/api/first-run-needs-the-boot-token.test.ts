import { pino } from "pino";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { auditLog, users } from "../../drizzle/schema/users.ts";
import { createChanges } from "../../server/db/changes.ts";
import { ensureBootToken } from "../../server/services/access/boot-token.ts";
import { issueSignInToken } from "../../server/services/access/issue-sign-in-token.ts";
import type { Deps } from "../../server/services/deps.ts";
import { changeSettings } from "../../server/services/settings/change-settings.ts";
import { createSecretBox } from "../../server/support/crypto.ts";
import { settingKeys } from "../../shared/settings.ts";
import { dumpDatabase } from "../support/dump-database.ts";
import { startOidcProvider, type TestProvider } from "../support/oidc-provider.ts";
import { createVisitor, signIn } from "../support/visitor.ts";
import { createTestDeps, startTestServer, type TestDeps, type TestServer } from "./support.ts";

/*
 * Two servers with nothing in common but the database and the secret, both listening on more than the
 * loopback as far as they know.
 */

let context: TestDeps;
let first: TestServer;
let second: TestServer;
let otherDeps: Deps;
let provider: TestProvider;
let logged = "";

const actor = { userId: null, name: "test" };

beforeAll(async () => {
  context = await createTestDeps();
  const write = (line: string) => {
    logged += line;
  };
  const log = pino({ level: "debug" }, { write });
  context.deps.log = log;
  otherDeps = {
    ...context.deps,
    changes: createChanges(context.connectionString, log),
    secretBox: createSecretBox("a secret for tests"),
  };
  first = await startTestServer(context.deps, { signInLinks: false });
  second = await startTestServer(otherDeps, { signInLinks: false });
  provider = await startOidcProvider({
    redirectUris: [first, second].map(({ url }) => `${url}/api/auth/callback/google`),
  });
});

afterAll(async () => {
  await provider.close();
  await first.close();
  await second.close();
  await otherDeps.changes.close();
  await context.close();
});

beforeEach(async () => {
  const unset = Object.fromEntries(settingKeys.map((key) => [key, null]));
  await changeSettings(context.deps, actor, unset);
  await changeSettings(context.deps, actor, {
    "oauth.issuer": provider.issuer,
    "network.allowed": "127.0.0.1",
  });
  await context.deps.db.delete(users);
});

function form(bootToken: string, changes: object = {}) {
  const { clientId, clientSecret } = provider;
  const publicUrl = first.url;
  return { bootToken, publicUrl, clientId, clientSecret, domains: "example.com", ...changes };
}

async function send(server: TestServer, body: unknown) {
  const response = await createVisitor().post(`${server.url}/auth/setup`, body);
  const answer = (await response.json()) as { error?: { message: string; field: string } };
  return {
    status: response.status,
    error: answer.error,
    retryAfter: response.headers.get("retry-after"),
  };
}

async function stateAt(server: TestServer) {
  return (await createVisitor().get(`${server.url}/auth/state`)).json();
}

async function bootToken(): Promise<string> {
  return (await ensureBootToken(context.deps)) ?? "";
}

test("what is entered with the boot token of one server works at once on all of them", async () => {
  expect(await stateAt(second)).toMatchObject({ google: false, needsSetup: true });
  const token = await bootToken();
  expect(await ensureBootToken(otherDeps)).toBe(token);
  expect((await send(first, form(token, { publicUrl: second.url }))).status).toBe(200);
  expect(await stateAt(second)).toMatchObject({ google: true, needsSetup: false });
  expect(await signIn(createVisitor(), second.url, "ann@example.com")).toBe(`${second.url}/tables`);
  expect(await ensureBootToken(context.deps)).toBeNull();
});

test("a typo in the form is corrected with the same boot token, until an admin has signed in", async () => {
  const token = await bootToken();
  const answers = await Promise.all(
    Array.from({ length: 8 }, (_, index) =>
      send(
        index % 2 ? first : second,
        form(token, { clientSecret: `typo ${index}`.replace(" ", "-") }),
      ),
    ),
  );
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
  expect(await signIn(createVisitor(), first.url, "ann@example.com")).toBe(
    "/sign-in?refused=clientRefused",
  );
  expect(await stateAt(first)).toMatchObject({ google: true, canCorrect: true });
  // A server that starts meanwhile prints it again.
  expect(await ensureBootToken(otherDeps)).toBe(token);
  expect((await send(first, form("another"))).status).toBe(401);
  expect((await send(second, form(token))).status).toBe(200);
  expect(await signIn(createVisitor(), first.url, "ann@example.com")).toContain("/tables");

  expect(await stateAt(first)).toMatchObject({ google: true, canCorrect: false });
  expect((await send(first, form(token))).error?.message).toContain("set up already");
  // Not even for whoever takes the OAuth client away again.
  await changeSettings(context.deps, actor, { "oauth.clientId": null });
  expect((await send(first, form(token))).status).toBe(409);
  expect(await bootToken()).not.toBe(token);
});

test("a boot token that nobody used is withdrawn when an admin signs in", async () => {
  const token = await bootToken();
  await changeSettings(context.deps, actor, {
    "oauth.clientId": provider.clientId,
    "oauth.clientSecret": provider.clientSecret,
    "oauth.domains": "example.com",
  });
  await signIn(createVisitor(), first.url, "ann@example.com");
  expect((await send(second, form(token))).status).toBe(409);
});

test("what the server was given stands, and the form is taken for the rest", async () => {
  const givenSettings = { "web.publicUrl": "https://maestro.example.com" };
  const given = await startTestServer({ ...context.deps, givenSettings }, { signInLinks: false });
  try {
    expect((await send(given, form(await bootToken()))).status).toBe(200);
    expect(await stateAt(given)).toMatchObject({ google: true, needsSetup: false });
  } finally {
    await given.close();
  }
});

test("what is wrong in the form is told at its field, and spends nothing", async () => {
  const token = await bootToken();
  const faults = [
    [{ domains: "not a domain" }, "oauth.domains"],
    [{ clientId: "with space" }, "oauth.clientId"],
    [{ publicUrl: "maestro.example.com" }, "web.publicUrl"],
    [{ clientSecret: "" }, "oauth.clientSecret"],
  ] as const;
  for (const [changes, field] of faults) {
    const { status, error } = await send(first, form(token, changes));
    expect([status, error?.field]).toEqual([400, field]);
  }
  expect(await stateAt(first)).toMatchObject({ needsSetup: true });
  expect((await send(first, form(token))).status).toBe(200);
});

test("wrong boot tokens are refused, and soon for a while", async () => {
  await bootToken();
  const own = await startTestServer(context.deps, { signInLinks: false });
  const statuses: number[] = [];
  for (let attempt = 0; attempt < 6; attempt += 1) {
    const answer = await send(own, form(`wrong${attempt}`));
    statuses.push(answer.status);
    if (answer.status === 429) expect(Number(answer.retryAfter)).toBeGreaterThan(0);
  }
  expect(statuses).toEqual([401, 401, 401, 401, 401, 429]);
  await own.close();
});

test("another page cannot send the form", async () => {
  const response = await fetch(`${first.url}/auth/setup`, {
    method: "POST",
    headers: { "content-type": "application/json", origin: "https://evil.example" },
    body: JSON.stringify(form(await bootToken())),
  });
  expect(response.status).toBe(403);
});

test("links that sign the local admin in are refused beyond the loopback, unless asked for", async () => {
  const token = await issueSignInToken(context.deps);
  const refused = await createVisitor().get(`${first.url}/auth/token?token=${token}`);
  expect(refused.status).toBe(403);
  const asked = await startTestServer(context.deps, { signInLinks: true });
  expect(await stateAt(asked)).toMatchObject({ link: true, needsSetup: false });
  expect((await createVisitor().get(`${asked.url}/auth/token?token=${token}`)).status).toBe(303);
  await asked.close();
});

test("a provider that is away, or refuses the client, is told as that", async () => {
  await send(first, form(await bootToken()));
  const change = (issuer: string, clientSecret: string) =>
    changeSettings(context.deps, actor, {
      "oauth.issuer": issuer,
      "oauth.clientSecret": clientSecret,
    });
  await change(provider.issuer, "wrong-secret");
  expect(await signIn(createVisitor(), first.url, "ann@example.com")).toBe(
    "/sign-in?refused=clientRefused",
  );
  await change("http://127.0.0.1:9", provider.clientSecret);
  const visitor = createVisitor();
  const { csrfToken } = (await (await visitor.get(`${first.url}/api/auth/csrf`)).json()) as never;
  const begun = await visitor.post(`${first.url}/api/auth/signin/google`, { csrfToken });
  expect(await begun.json()).toEqual({ url: "/sign-in?refused=providerAway" });
});

test("a provider at a private address is not asked, unless an admin allows it", async () => {
  await send(first, form(await bootToken()));
  await changeSettings(context.deps, actor, { "network.allowed": null });
  const visitor = createVisitor();
  const { csrfToken } = (await (await visitor.get(`${first.url}/api/auth/csrf`)).json()) as never;
  const begun = await visitor.post(`${first.url}/api/auth/signin/google`, { csrfToken });
  expect(await begun.json()).toEqual({ url: "/sign-in?refused=providerAway" });
  expect(logged).toContain("127.0.0.1 is not a public address: an admin may allow it");
});

test("the stored client secret is not sent to another issuer unasked", async () => {
  await send(first, form(await bootToken()));
  const change = changeSettings(context.deps, actor, { "oauth.issuer": "https://evil.example" });
  await expect(change).rejects.toThrow(/enter the OAuth client secret again/);
});

test("neither the log, nor the audit log, nor a dump of the database has a secret", async () => {
  const token = await bootToken();
  await send(first, form(token));
  const visitor = createVisitor();
  await signIn(visitor, first.url, "ann@example.com");
  const session = visitor.cookies.get("maestro_session_test") ?? "no session";
  const dump = await dumpDatabase(context.deps.pool);
  const audit = JSON.stringify(await context.deps.db.select().from(auditLog));
  expect(dump).toContain(provider.clientId);
  expect(audit).toContain("oauth.clientSecret");
  for (const secret of [provider.clientSecret, token, session, "a secret for tests"]) {
    for (const place of [dump, audit, logged]) expect(place).not.toContain(secret);
  }
});
