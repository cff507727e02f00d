import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { translateError } from "../../server/connectors/bigquery-errors.ts";
import { createSlack } from "../../server/connectors/slack.ts";
import { tellSlack } from "../../server/db/outbox.ts";
import { ensureBootToken } from "../../server/services/access/boot-token.ts";
import { issueSignInToken } from "../../server/services/access/issue-sign-in-token.ts";
import { encodeSession } from "../../server/services/access/session-cookie.ts";
import { roomToken } from "../../server/services/rooms/room-token.ts";
import { deliverNews } from "../../server/services/slack/deliver-news.ts";
import { createLog } from "../../server/support/log.ts";
import { dumpDatabase } from "../support/dump-database.ts";
import { makeServiceAccount } from "../support/service-account.ts";
import {
  addUser,
  adminToken,
  createTestDeps,
  startTestServer,
  type TestDeps,
  type TestServer,
} from "./support.ts";

/*
 * Secrets that are told apart at a glance go in wherever secrets go in, and come by whatever answers
 * wrongly. Then everything that comes out is searched for them.
 */

const planted = {
  clientSecret: "planted-client-secret-8d1f",
  databasePassword: "planted-database-password-72ce",
  serviceAccountKey: "cGxhbnRlZC1zZXJ2aWNlLWFjY291bnQta2V5",
  slackToken: "xoxb-1-planted-slack-token-4b90",
  gitToken: "planted-git-token-51c7-and-more",
  webhookSecret: "planted-webhook-secret-0e66",
  signature: "706c616e7465642d7369676e6174757265",
  unknownToken: `maestro_${"planted0".repeat(6)}`,
};
const key = `-----BEGIN PRIVATE KEY-----\n${planted.serviceAccountKey}\n-----END PRIVATE KEY-----\n`;
const serviceAccount = makeServiceAccount();
const signedUrl = `https://storage.test/o?X-Goog-Algorithm=a&X-Goog-Signature=${planted.signature}`;

let context: TestDeps;
let server: TestServer;
let folder: string;
let logPath: string;
let admin: string;
const bodies: string[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "maestro-planted-"));
  logPath = join(folder, "maestro.log");
  context = await createTestDeps();
  const { deps } = context;
  deps.log = createLog({ level: "debug", path: logPath, role: "test" });
  // Google's client, and what lies on the way, put much into the messages of their errors.
  deps.warehouse = {
    ...deps.warehouse,
    getTable: () => Promise.reject(new Error(`GET ${signedUrl} with Bearer ${key}`)),
    dryRun: () => Promise.reject(translateError(new Error(`${key} of ${signedUrl}`), "dry run")),
  };
  admin = await adminToken(deps);
  server = await startTestServer(deps, { signInLinks: true });
});

afterAll(async () => {
  await server.close();
  await context.close();
  await rm(folder, { recursive: true });
});

async function send(path: string, init: RequestInit & { json?: unknown } = {}): Promise<number> {
  const { json, ...rest } = init;
  const body = json === undefined ? {} : { method: "POST", body: JSON.stringify(json) };
  const headers = { "content-type": "application/json", origin: server.url, ...init.headers };
  const response = await fetch(`${server.url}${path}`, {
    redirect: "manual",
    ...rest,
    ...body,
    headers: headers as Record<string, string>,
  });
  bodies.push(`${JSON.stringify([...response.headers])} ${await response.text()}`);
  return response.status;
}

/** As an admin; true where it was refused. */
async function isRefused(procedure: string, json: unknown): Promise<boolean> {
  return (await send(`/trpc/${procedure}`, { json, headers: { "x-api-token": admin } })) >= 400;
}

const database = {
  name: "shop",
  kind: "postgres",
  host: "127.0.0.1",
  port: 9,
  database: "shop",
  username: "shop",
  password: planted.databasePassword,
};

test("planted secrets are in no answer, no line of the log, no metric and no row of the database", async () => {
  const { deps } = context;
  const user = await addUser(deps, "ann@example.com");
  const session = await encodeSession(deps, user.id);
  const link = await issueSignInToken(deps);
  const bootToken = (await ensureBootToken(deps)) ?? "";
  const room = { scheduler: "maestro-transfers", room: "room-1" };
  const roomSecret = roomToken(deps, room);

  const change = (changes: object) => isRefused("settings.change", { changes });
  expect(await change({ "oauth.clientSecret": planted.clientSecret })).toBe(false);
  expect(await change({ "oauth.clientSecret": `${planted.clientSecret} twice` })).toBe(true);
  expect(await change({ "oauth.clientSecret": planted.clientSecret, "oauth.domains": "?" })).toBe(
    true,
  );

  const account = { "bigquery.credentials": serviceAccount };
  expect(await change({ ...account, "bigquery.project": "our-project" })).toBe(true);
  expect(await change({ "bigquery.credentials": `${serviceAccount}}` })).toBe(true);
  expect(await change({ "bigquery.credentials": serviceAccount.replace("PRIVATE", "") })).toBe(
    true,
  );
  const first = { "bigquery.project": "our-project", "bigquery.bucket": "our-bucket" };
  expect(await change({ ...account, ...first })).toBe(false);
  expect(await change({ ...account, "bigquery.project": "another-project" })).toBe(false);

  const others = {
    "slack.token": planted.slackToken,
    "git.token": planted.gitToken,
    "git.webhookSecret": planted.webhookSecret,
  };
  for (const [key, secret] of Object.entries(others)) {
    expect(await change({ [key]: `${secret} twice` })).toBe(true);
  }
  expect(await change({ ...others, "slack.channel": "data" })).toBe(false);
  deps.slack = createSlack({ apiUrl: "http://127.0.0.1:9/api/" });
  expect(await isRefused("settings.testSlack", {})).toBe(true);
  await tellSlack(deps.db, { kind: "budget", month: "2026-03", percent: 80, text: "8 of 10 EUR" });
  expect(await deliverNews(deps)).toBe(false);

  expect(await isRefused("databases.create", database)).toBe(false);
  expect(await isRefused("databases.create", database)).toBe(true);
  expect(await isRefused("databases.create", { ...database, port: "none" })).toBe(true);
  const url = `postgres://shop:${planted.databasePassword}@127.0.0.1:9/shop?unknown=1`;
  expect(await isRefused("databases.create", { name: "by url", url })).toBe(true);
  await isRefused("databases.test", database);
  await isRefused("tables.dryRun", {
    definition: { dataset: "d", name: "t", kind: "summary", query: "select 1" },
  });

  const wrong = { "x-api-token": planted.unknownToken };
  expect(await send("/trpc/me.get", { headers: wrong })).toBe(401);
  const bearer = { authorization: `Bearer ${planted.unknownToken}` };
  expect(await send("/audit.csv", { headers: bearer })).toBe(401);
  const cookie = { cookie: `maestro_session_test=${session}` };
  expect(await send("/trpc/users.list", { headers: cookie })).toBe(403);
  expect(await send(`/nothing?token=${link}&session=${session}`)).toBe(404);
  expect(await send(`/%?token=${link}`)).toBe(400);
  expect(await send("/auth/setup", { json: { bootToken, clientSecret: 1 } })).toBe(400);
  expect(await send("/auth/setup", { json: `{"bootToken":"${bootToken}"` })).toBe(400);
  expect(await send(`/auth/token?token=${link}x`)).toBe(401);
  const shown = { authorization: `Bearer ${roomSecret}` };
  expect(
    await send("/scheduler/maestro-transfers/rooms/room-2/ping", { json: {}, headers: shown }),
  ).toBeGreaterThanOrEqual(400);
  expect(await send("/readyz")).toBe(503);
  expect(await send("/metrics")).toBe(200);

  const places = {
    answers: bodies.join("\n"),
    log: await readFile(logPath, "utf8"),
    database: await dumpDatabase(deps.pool),
  };
  expect(places.log).toContain("X-Goog-Algorithm=a");
  expect(places.database).toContain("oauth.clientSecret");
  expect(places.database).toContain("Slack cannot be reached");
  expect(places.database).toContain("bigquery.credentials/our-project");
  // A line of the PEM, in the middle.
  const privateKey = serviceAccount.split("\\n")[9] ?? "";
  const secrets = { ...planted, privateKey, admin, session, link, bootToken, roomSecret };
  for (const [name, secret] of Object.entries(secrets)) {
    expect(secret.length, name).toBeGreaterThan(20);
    for (const [place, text] of Object.entries(places)) {
      expect(text.includes(secret), `${name} in ${place}`).toBe(false);
    }
  }
});
