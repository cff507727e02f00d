import { pino } from "pino";
import { afterAll, beforeAll, expect, test } from "vitest";
import { announceSignIn } from "../../server/commands/announce-sign-in.ts";
import { readConfig } from "../../server/config.ts";
import { createChanges } from "../../server/db/changes.ts";
import { startLiveLimits } from "../../server/services/settings/live-limits.ts";
import { createSecretBox } from "../../server/support/crypto.ts";
import type { AuditEntry } from "../../shared/audit.ts";
import type { SettingView } from "../../shared/settings.ts";
import type { SystemInfo } from "../../shared/system.ts";
import { dumpDatabase } from "../support/dump-database.ts";
import { makeServiceAccount } from "../support/service-account.ts";
import { until } from "../support/until.ts";
import {
  adminToken,
  call,
  createTestDeps,
  dataOf,
  startTestServer,
  type TestDeps,
  type TestServer,
} from "./support.ts";

/* Two servers with nothing in common but the database and the secret. */

let context: TestDeps;
let first: TestServer;
let second: TestServer;
let headers: Record<string, string>;
const closing: (() => Promise<void>)[] = [];

beforeAll(async () => {
  context = await createTestDeps();
  const changes = createChanges(context.connectionString, pino({ level: "silent" }));
  closing.push(() => changes.close());
  const secretBox = createSecretBox("a secret for tests");
  first = await startTestServer(context.deps);
  second = await startTestServer({ ...context.deps, changes, secretBox });
  headers = { "x-api-token": await adminToken(context.deps) };
});

afterAll(async () => {
  await first.close();
  await second.close();
  for (const close of closing) await close();
  await context.close();
});

function change(server: TestServer, changes: Record<string, string | null>) {
  return call(server, "settings.change", { changes }, { method: "POST", headers });
}

async function settingOf(server: TestServer, key: string): Promise<SettingView | undefined> {
  const views = dataOf<SettingView[]>(await call(server, "settings.list", {}, { headers }));
  return views.find((view) => view.key === key);
}

const priceKey = "costs.pricePerTibCents";

test("a changed price and currency count at once on the other server", async () => {
  expect(dataOf(await call(second, "system.info", {}, { headers }))).toMatchObject({
    pricePerTib: 6.25,
    currency: "USD",
  });
  await change(first, { [priceKey]: "750", "costs.currency": "eur" });
  const info = dataOf<SystemInfo>(await call(second, "system.info", {}, { headers }));
  expect(info).toMatchObject({ pricePerTib: 7.5, currency: "EUR" });
  await change(second, { [priceKey]: null, "costs.currency": null });
  expect(await settingOf(first, priceKey)).toMatchObject({ value: "625", source: "default" });
});

test("a secret is never read back: not by the API, the audit log or a dump", async () => {
  const secret = "a-planted-secret-4711";
  const answer = await change(first, { "oauth.clientSecret": secret, "oauth.clientId": "ours" });
  expect(await settingOf(second, "oauth.clientSecret")).toMatchObject({
    value: null,
    source: "stored",
    updatedBy: "admin@localhost",
  });
  const audit = dataOf<AuditEntry[]>(await call(first, "audit.list", {}, { headers }));
  expect(audit.slice(0, 2).map(({ action, actor, detail }) => ({ action, actor, detail }))).toEqual(
    [
      { action: "setting.set", actor: "admin@localhost", detail: { key: "oauth.clientSecret" } },
      {
        action: "setting.set",
        actor: "admin@localhost",
        detail: { key: "oauth.clientId", value: "ours" },
      },
    ],
  );
  const places = [JSON.stringify([answer, audit]), await dumpDatabase(context.deps.pool)];
  for (const place of places) expect(place).not.toContain(secret);
});

test("of several changes none is made where one is refused, and a refused secret is not repeated", async () => {
  const cases = [
    [{ "web.publicUrl": "https://new.example.com", "oauth.domains": "nonsense" }, "oauth.domains"],
    [{ "web.publicUrl": "https://new.example.com/path" }, "web.publicUrl"],
    [{ "costs.currency": "euros" }, "costs.currency"],
    [{ [priceKey]: "6.25" }, priceKey],
    [{ "oauth.issuer": "http://idp.example.com" }, "oauth.issuer"],
    [{ "oauth.issuer": "https://idp.example.com" }, "oauth.clientSecret"],
    [{ "oauth.issuer": "https://10.0.0.1", "oauth.clientSecret": "s" }, "oauth.issuer"],
    [{ "network.allowed": "10.0.0/8" }, "network.allowed"],
    [{ "oauth.clientSecret": "two words" }, "oauth.clientSecret"],
  ] as const;
  for (const [changes, field] of cases) {
    const { status, body } = await change(first, changes);
    expect([status, body.error?.data.field]).toEqual([400, field]);
    expect(body.error?.message).not.toContain("two words");
  }
  expect(await settingOf(first, "web.publicUrl")).toMatchObject({ source: "unset" });
  const unknown = await change(first, { "no.such": "1" });
  expect(unknown.status).toBe(400);
});

test("a changed limit holds on the other server without a restart, and is logged with who changed it", async () => {
  const { deps } = context;
  const changes = createChanges(context.connectionString, deps.log);
  const live = await startLiveLimits({ ...deps, changes });
  closing.push(() => changes.close());
  try {
    expect(live.limits.exportMaxRows).toBe(100_000_000);
    const refused = await change(first, { "limits.exportMaxRows": "0" });
    expect(refused.body.error?.message).toContain("a whole number from 1 to 1000000000000");
    expect((await change(first, { "limits.exportMaxRows": "42" })).status).toBe(200);
    await until("the other server heeds it", async () => live.limits.exportMaxRows === 42);
    expect(await settingOf(second, "limits.exportMaxRows")).toMatchObject({
      value: "42",
      updatedBy: "admin@localhost",
    });
  } finally {
    await live.close();
  }
});

test("an address of the web app that this server does not answer for is refused", async () => {
  const network = await startTestServer(context.deps, { allowedHosts: ["maestro.example"] });
  closing.push(() => network.close());
  const setUrl = (url: string) => change(network, { "web.publicUrl": url });
  const { body } = await setUrl("https://other.example");
  expect(body.error?.data.field).toBe("web.publicUrl");
  expect(body.error?.message).toContain("MAESTRO_ALLOWED_HOSTS names maestro.example");
  expect((await setUrl("https://maestro.example")).status).toBe(200);
  await change(network, { "web.publicUrl": null });
});

test("what a server was given outweighs what is stored, and is not changed here", async () => {
  const given = await startTestServer({
    ...context.deps,
    givenSettings: { "costs.currency": "CHF", "oauth.clientSecret": "given-secret-0815" },
  });
  closing.push(() => given.close());
  expect(dataOf(await call(given, "system.info", {}, { headers }))).toMatchObject({
    currency: "CHF",
  });
  const views = await call(given, "settings.list", {}, { headers });
  expect(JSON.stringify(views)).not.toContain("given-secret-0815");
  const refused = await change(given, { "costs.currency": "EUR" });
  expect(refused.status).toBe(409);
  expect(refused.body.error?.message).toContain("MAESTRO_CURRENCY");
});

test("a start tells the address that people use, where one is stored", async () => {
  const own = "http://127.0.0.1:3000";
  const told = (listen: string) =>
    announceSignIn(context.deps, readConfig({ listen }, { MAESTRO_SIGN_IN_LINKS: "on" }), own);
  expect(await told("localhost:3000")).not.toContain("People use");
  await change(first, { "web.publicUrl": "https://maestro.example.com" });
  expect(await told("localhost:3000")).toMatch(
    /People use https:\/\/maestro\.example\.com\n.*Sign in .*: http:\/\/127\.0\.0\.1:3000\/auth/,
  );
  // From another machine the own address leads nowhere.
  expect(await told(":3000")).toContain("Sign in (works once): https://maestro.example.com/auth");
  await change(first, { "web.publicUrl": null });
});

test("BigQuery is set as a whole: a project with its bucket, and a key that can be read", async () => {
  const key = JSON.parse(makeServiceAccount()) as Record<string, string>;
  const cases: [Record<string, string | null>, string, RegExp][] = [
    [{ "bigquery.project": "our-project" }, "bigquery.bucket", /name one beside the project/],
    [{ "bigquery.project": "Our Project" }, "bigquery.project", /space/],
    [{ "bigquery.project": "1234567890" }, "bigquery.project", /neither its name nor its number/],
    [{ "bigquery.bucket": "gs://ours" }, "bigquery.bucket", /without gs:/],
    [{ "bigquery.credentials": "{" }, "bigquery.credentials", /not JSON: give the whole file/],
    [{ "bigquery.credentials": "AIzaSyA0" }, "bigquery.credentials", /an API key/],
    [
      { "bigquery.credentials": JSON.stringify({ type: "authorized_user", refresh_token: "r" }) },
      "bigquery.credentials",
      /a person's own credentials/,
    ],
    [
      { "bigquery.credentials": JSON.stringify({ web: { client_secret: "s" } }) },
      "bigquery.credentials",
      /an OAuth client/,
    ],
    [
      { "bigquery.credentials": JSON.stringify({ ...key, universe_domain: "evil.example" }) },
      "bigquery.credentials",
      /another cloud/,
    ],
    [
      {
        "bigquery.credentials": JSON.stringify({
          ...key,
          private_key: key["private_key"]?.replace(/\n.{40}/, "\n"),
        }),
      },
      "bigquery.credentials",
      /damaged/,
    ],
  ];
  for (const [changes, field, message] of cases) {
    const { status, body } = await change(first, changes);
    expect([status, body.error?.data.field]).toEqual([400, field]);
    expect(body.error?.message).toMatch(message);
    expect(body.error?.message).not.toContain("PRIVATE KEY");
  }
  const whole = { "bigquery.project": "our-project", "bigquery.bucket": "ours" };
  expect(
    (await change(first, { ...whole, "bigquery.credentials": JSON.stringify(key) })).status,
  ).toBe(200);
  expect(await settingOf(second, "bigquery.credentials")).toMatchObject({
    value: null,
    source: "stored",
  });
  expect((await change(first, { "bigquery.bucket": null })).body.error?.data.field).toBe(
    "bigquery.bucket",
  );
  await change(first, {
    "bigquery.project": null,
    "bigquery.bucket": null,
    "bigquery.credentials": null,
  });
});
