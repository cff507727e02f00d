import { fork } from "node:child_process";
import { createHmac } from "node:crypto";
import { fileURLToPath } from "node:url";
import { eq, sql } from "drizzle-orm";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { notificationSecrets, notifications } from "../../../drizzle/schema/notifications.ts";
import type { Engine } from "../../../server/daemon/engine.ts";
import { openInstance } from "../../../server/services/instance/open-instance.ts";
import { rotateSecret } from "../../../server/services/instance/rotate-secret.ts";
import { listNotifications } from "../../../server/services/notifications/list-notifications.ts";
import { notificationSecret } from "../../../server/services/notifications/notification-secret.ts";
import { forgetNotifications } from "../../../server/services/notifications/take-notifications.ts";
import { startRun } from "../../../server/services/runs/start-run.ts";
import { createSecretBox } from "../../../server/support/crypto.ts";
import type { TableDefinitionInput } from "../../../shared/table.ts";
import { insertCatalog } from "../../support/catalog.ts";
import { chooseTables, nobody } from "../../support/choose-tables.ts";
import { type EngineFixture, openEngineFixture } from "../../support/engine-fixture.ts";
import { startReceiver } from "../../support/receiver.ts";
import { until } from "../../support/until.ts";
import { senderOf } from "./sender.ts";

let fixture: EngineFixture;
let sender: ReturnType<typeof senderOf>;
let receiver: Awaited<ReturnType<typeof startReceiver>>;

beforeAll(async () => {
  fixture = await openEngineFixture();
  sender = senderOf(fixture);
});
afterAll(() => fixture.close());
beforeEach(async () => {
  receiver = await startReceiver();
  fixture.deps.givenSettings = { "network.allowed": "127.0.0.1" };
  await fixture.db.delete(notifications);
});
afterEach(async () => {
  await Promise.all(engines.splice(0).map((engine) => engine.stop()));
  await receiver.close();
});

const engines: Engine[] = [];

function start(): void {
  engines.push(fixture.start());
}

/** A table that tells the receiver at `paths`; its id. */
async function table(
  name: string,
  paths: string[],
  values: Partial<TableDefinitionInput> = {},
): Promise<number> {
  const notifyUrls = paths.map((path) => `${receiver.url}${path}`);
  return (await insertCatalog(fixture.db, [{ name, notifyUrls, ...values }])).get(name)!;
}

const list = (tableId?: number) => listNotifications(fixture.deps, { tableId, limit: 100 });

test("a completed table is told with its files, columns and a signature over the body", async () => {
  start();
  const id = await table("files", ["/told"], { extract: true });
  fixture.deps.objects.set("extracts/d.files/1/part-000000000000.csv.gz", 10);
  const runId = await sender.complete(id);
  await until("it is told", () => receiver.received.length === 1);
  const [{ headers, text, body } = receiver.received[0]!] = receiver.received;
  expect(body).toEqual({
    eventId: headers["maestro-event-id"],
    dataset: "d",
    name: "files",
    tableId: id,
    runId,
    tableRunId: expect.any(Number),
    completedAt: expect.stringMatching(/^2.*Z$/),
    rowCount: expect.any(Number),
    schema: expect.any(Array),
    extractUrl: (body["extractUrls"] as string[])[0],
    extractUrls: [expect.stringMatching(/^http:\/\/bucket\/extracts\/d\.files\/1\//)],
  });
  const [, seconds, digest] = /^t=(\d+),v1=(\w+)$/.exec(String(headers["maestro-signature"]))!;
  const secret = await notificationSecret(fixture.deps, id);
  const expected = createHmac("sha256", secret).update(`${seconds}.${text}`).digest("hex");
  expect(digest).toBe(expected);
  await until("it is recorded", async () => (await list())[0]?.state === "delivered");
  expect((await list())[0]).toMatchObject({
    eventId: body["eventId"],
    attemptCount: 1,
    attempts: [{ status: 204, error: null, answer: "", durationMs: expect.any(Number) }],
  });
});

test("a table without an extract is told too, at each of its addresses", async () => {
  start();
  const id = await table("plain", ["/one", "/two"]);
  await sender.complete(id);
  await until("both are told", () => receiver.received.length === 2);
  expect(receiver.received.map(({ path }) => path).sort()).toEqual(["/one", "/two"]);
  expect(receiver.received[0]!.body).toMatchObject({ extractUrl: null, extractUrls: [] });
  expect(receiver.received[0]!.body["eventId"]).toBe(receiver.received[1]!.body["eventId"]);
});

test("what is refused is sent again in order, and does not hold up other addresses", async () => {
  const id = await table("broken", ["/broken", "/sound"]);
  await sender.queued(id, id);
  receiver.answer = ({ path }, response) => {
    response.writeHead(path === "/broken" ? 500 : 200).end("token=abcdefghij and more");
  };
  expect((await sender.sendDue()).sort()).toEqual(["delivered", "queued"]);
  // The second of the sound address; of the broken one the first is not told yet.
  expect(await sender.sendDue()).toEqual(["delivered"]);
  expect(await sender.sendDue()).toEqual([]);
  await sender.letTimePass();
  await sender.sendDue();
  const [first] = (await list()).filter(({ state }) => state === "queued").reverse();
  expect(first).toMatchObject({ attemptCount: 2, nextAttemptAt: expect.any(String) });
  expect(first!.attempts.map(({ error, answer }) => [error, answer])).toEqual([
    ["it answered 500", "token=[hidden] and more"],
    ["it answered 500", "token=[hidden] and more"],
  ]);
  receiver.answer = (_, response) => void response.writeHead(200).end();
  await sender.letTimePass();
  await sender.sendDue();
  await sender.sendDue();
  const broken = receiver.at("/broken").map(({ body }) => body["eventId"]);
  expect(broken.slice(0, 3)).toEqual([broken[0], broken[0], broken[0]]);
  expect(new Set(broken).size).toBe(2);
  expect((await list()).map(({ state }) => state)).toEqual(Array(4).fill("delivered"));
});

test("addresses that hang leave place for others, whatever is behind them", async () => {
  const hanging = await startReceiver();
  const hold = Promise.withResolvers<void>();
  hanging.answer = (_, response) => void hold.promise.then(() => response.writeHead(200).end());
  const ids = await insertCatalog(fixture.db, [
    ...Array.from({ length: 20 }, (_, at) => ({ name: `h${at}`, notifyUrls: [`${hanging.url}/`] })),
    { name: "sound", notifyUrls: [`${receiver.url}/sound`] },
  ]);
  start();
  const { runId } = await startRun(fixture.deps, chooseTables(ids.values()), nobody);
  await fixture.runEnded(runId);
  await until("the sound one is told", () => receiver.at("/sound").length === 1);
  expect(hanging.received.length).toBeLessThanOrEqual(4);
  hold.resolve();
  await until("all are told", async () => (await list()).every((one) => one.state === "delivered"));
  await hanging.close();
});

test("Retry-After is kept to, and after a day of attempts it is given up", async () => {
  const id = await table("busy", ["/busy"]);
  await sender.queued(id);
  receiver.answer = (_, response) => void response.writeHead(503, { "retry-after": "1800" }).end();
  expect(await sender.sendDue()).toEqual(["queued"]);
  const [{ wait } = { wait: 0 }] = await fixture.db
    .select({
      wait: sql<number>`extract(epoch from ${notifications.nextAttemptAt} - now())::float8`,
    })
    .from(notifications);
  expect(Math.round(wait / 60)).toBe(30);
  await sender.letTimePass();
  await fixture.db.update(notifications).set({ giveUpAt: sql`now()`, attemptCount: 5 });
  expect(await sender.sendDue()).toEqual(["failed"]);
  expect((await list())[0]).toMatchObject({ state: "failed", nextAttemptAt: null });
  await forgetNotifications(fixture.deps);
  expect(await list()).toHaveLength(1);
  await fixture.db.update(notifications).set({ endedAt: sql`now() - interval '31 days'` });
  await forgetNotifications(fixture.deps);
  expect(await list()).toHaveLength(0);
});

test("private addresses are refused with the setting that allows them, and redirects are not followed", async () => {
  const id = await table("moved", ["/moved"]);
  await sender.queued(id);
  receiver.answer = (_, response) =>
    void response.writeHead(307, { location: `${receiver.url}/inside` }).end();
  await sender.sendDue();
  expect(receiver.at("/inside")).toEqual([]);
  fixture.deps.givenSettings = {};
  await sender.letTimePass();
  await sender.sendDue();
  expect(receiver.received).toHaveLength(1);
  const [{ attempts } = { attempts: [] }] = await list();
  expect(attempts.map(({ status, error }) => [status, error])).toEqual([
    [307, "it answered 307: redirects are not followed, so enter the address itself"],
    [null, expect.stringContaining("an admin may allow it in the setting network.allowed")],
  ]);
});

test("killed between sending and recording, it is sent again under the same event id", async () => {
  const id = await table("killed", ["/told"]);
  await sender.queued(id);
  await fixture.db.execute(
    sql`insert into settings (key, value) values ('network.allowed', '{"text": "127.0.0.1"}')`,
  );
  const script = fileURLToPath(new URL("../../support/engine-process.ts", import.meta.url));
  const killed = Promise.withResolvers<void>();
  receiver.answer = (_, response) => {
    daemon.once("exit", () => killed.resolve());
    daemon.kill("SIGKILL");
    response.writeHead(200).end();
  };
  const daemon = fork(script, [fixture.connectionString, fixture.warehouse.url, "doomed"]);
  await killed.promise;
  expect((await list())[0]).toMatchObject({ state: "queued", attempts: [] });
  expect(await sender.sendDue()).toEqual([]);
  await sender.letTimePass();
  receiver.answer = (_, response) => void response.writeHead(200).end();
  expect(await sender.sendDue()).toEqual(["delivered"]);
  const [first, second] = receiver.received;
  expect(second!.body["eventId"]).toBe(first!.body["eventId"]);
  expect(second!.headers["maestro-attempt"]).toBe("2");
});

test("the secret of a table survives a rotation, and is no other table's", async () => {
  const { deps, db } = fixture;
  const id = await table("signed", ["/a"]);
  const other = await table("other", ["/b"]);
  const secret = await notificationSecret(deps, id);
  expect(await notificationSecret(deps, id)).toBe(secret);
  expect(await notificationSecret(deps, other)).not.toBe(secret);
  const [stored] = await db
    .select()
    .from(notificationSecrets)
    .where(eq(notificationSecrets.tableId, id));
  expect(stored!.secret.toString("latin1")).not.toContain(secret);
  const renewed = createSecretBox("another");
  await openInstance(db, deps.secretBox);
  await rotateSecret(db, deps.secretBox, renewed);
  expect(await notificationSecret({ db, secretBox: renewed }, id)).toBe(secret);
});
