import { Writable } from "node:stream";
import { afterAll, beforeAll, expect, test } from "vitest";
import { notificationSecret } from "../../server/services/notifications/notification-secret.ts";
import type { NotificationView } from "../../shared/notification.ts";
import type { RunDetail } from "../../shared/run.ts";
import type { TableListItem } from "../../shared/table.ts";
import { startTestServer, type TestServer } from "../api/support.ts";
import { insertCatalog } from "../support/catalog.ts";
import { type EngineFixture, openEngineFixture } from "../support/engine-fixture.ts";
import { startReceiver } from "../support/receiver.ts";
import { until } from "../support/until.ts";
import { createCommandLine, type RunCommandLine } from "./support.ts";

let fixture: EngineFixture;
let server: TestServer;
let maestro: RunCommandLine;
let token: string;

beforeAll(async () => {
  fixture = await openEngineFixture();
  server = await startTestServer(fixture.deps);
  await insertCatalog(fixture.db, [
    { name: "a" },
    { name: "b", parents: ["a"] },
    { name: "c", parents: ["b"] },
  ]);
  fixture.start();
  maestro = createCommandLine(fixture.deps);
  token = (await maestro(["token"], {})).trim();
});

afterAll(async () => {
  await server.close();
  await fixture.close();
});

const environment = () => ({ MAESTRO_URL: server.url, MAESTRO_TOKEN: token });

test("maestro token prints a token and nothing else, which signs the local admin in", async () => {
  expect(token).toMatch(/^maestro_[A-Za-z0-9_-]{43}$/);
  const list = JSON.parse(await maestro(["tables", "list", "--json"], environment()));
  expect((list as TableListItem[]).map(({ name }) => name)).toEqual(["d.a", "d.b", "d.c"]);
  const readOnly = (await maestro(["token", "--scopes", "read"], {})).trim();
  await expect(
    maestro(["run", "d.a"], { ...environment(), MAESTRO_TOKEN: readOnly }),
  ).rejects.toMatchObject({ code: "forbidden" });
  await expect(maestro(["token", "--scopes", "everything"], {})).rejects.toThrow("--scopes");
});

test("a run is followed to its end, with what it is made from", async () => {
  const output = await maestro(["run", "d.b", "--with-ancestors", "--wait"], environment());
  expect(output).toContain("✓ d.a");
  expect(output).toContain("✓ d.b");
  expect(output).not.toContain("d.c");
  expect(output).toMatch(/run \d+ succeeded: 2 tables/);
});

test("at a terminal the whole graph of a run is drawn over itself, and is left standing at its end", async () => {
  let drawn = "";
  const stdout = Object.assign(
    new Writable({
      write(chunk: Buffer, _encoding, done) {
        drawn += chunk;
        done();
      },
    }),
    { isTTY: true, rows: 24, columns: 60 },
  );
  const atTerminal = createCommandLine(fixture.deps, { stdout });
  await atTerminal(["run", "d.a", "--with-descendants", "--wait"], environment());
  const last = drawn.slice(drawn.lastIndexOf("d.a") - 6).replaceAll("\u001b[2K", "");
  expect(last).toMatch(/✓ d\.a .*\n {2}✓ d\.b .*\n {4}✓ d\.c .*\n\[#{20}\] 100 %/);
  expect(drawn).toContain("\u001b[4A");
});

test("a run that fails says so and why, shows it afterwards, and is resumed", async () => {
  fixture.warehouse.outcome = ({ table }) =>
    table === "d.b" ? { reason: "invalidQuery", message: "Unrecognized name: x" } : null;
  await expect(
    maestro(["run", "d.a", "--with-descendants", "--wait"], environment()),
  ).rejects.toThrow(/ended failed.*1 succeeded, 1 failed, 1 skipped/);
  const [failed] = JSON.parse(
    await maestro(["runs", "list", "--json", "--limit", "1"], environment()),
  ) as RunDetail[];
  const id = String(failed!.id);
  const shown = await maestro(["runs", "show", id], environment());
  expect(shown).toContain("Unrecognized name: x");
  expect(shown).toMatch(/started by \S+ for d\.a with descendants: failed/);
  expect(shown).toMatch(/d\.a \* +succeeded +2 /);
  const listed = await maestro(["runs", "list", "--limit", "1"], environment());
  expect(listed).toMatch(/d\.b: .*Unrecognized name: x/);
  const why = await maestro(["runs", "why", id, "d.c"], environment());
  expect(why).toMatch(/d\.c in run \d+: skipped\nd\.b failed: .*Unrecognized name: x/);
  expect(why).toMatch(/is in it as a descendant of d\.a, which \S+ asked for/);
  await expect(maestro(["runs", "why", id, "d.x"], environment())).rejects.toThrow(
    `run ${id} has no table d.x`,
  );
  fixture.warehouse.outcome = () => null;
  await maestro(["runs", "resume", id], environment());
  const ended = JSON.parse(
    await maestro(["runs", "show", id, "--wait", "--json"], environment()),
  ) as RunDetail;
  expect(ended).toMatchObject({ state: "succeeded", counts: { succeeded: 3 } });
  expect(await maestro(["runs", "why", id, "d.b"], environment())).toMatch(
    /attempt 1 failed: .*Unrecognized name: x.*\n.*resumed the run/,
  );
  await expect(maestro(["runs", "resume", id], environment())).rejects.toMatchObject({
    code: "conflict",
  });
});

test("a run is cancelled", async () => {
  fixture.warehouse.durationMs = () => 600_000;
  const { runId } = JSON.parse(await maestro(["run", "d.a", "--json"], environment()));
  expect(await maestro(["runs", "cancel", String(runId)], environment())).toContain(
    `run ${runId} is being cancelled`,
  );
  expect((await fixture.runEnded(runId)).state).toBe("cancelled");
  expect(await maestro(["runs", "cancel", String(runId)], environment())).toContain(
    `run ${runId} had ended already: cancelled`,
  );
  fixture.warehouse.durationMs = () => 0;
});

test("a second start of the same table says behind which run it waits", async () => {
  fixture.warehouse.durationMs = () => 600_000;
  const { runId } = JSON.parse(await maestro(["run", "d.a", "--json"], environment()));
  expect(await maestro(["run", "d.a"], environment())).toContain(
    `run ${runId} holds some of the same tables`,
  );
  for (const id of [runId, runId + 1]) {
    await maestro(["runs", "cancel", String(id)], environment());
    await fixture.runEnded(id);
  }
  fixture.warehouse.durationMs = () => 0;
});

test("a server that is not there, a bad token and a wrong name are said in a sentence", async () => {
  const gone = await startTestServer(fixture.deps);
  await gone.close();
  await expect(
    maestro(["tables", "list"], { ...environment(), MAESTRO_URL: gone.url }),
  ).rejects.toThrow(`cannot reach Maestro at ${gone.url} (ECONNREFUSED)`);
  await expect(
    maestro(["tables", "list"], { ...environment(), MAESTRO_TOKEN: "maestro_wrong" }),
  ).rejects.toThrow(/not known here.*maestro token/);
  await expect(maestro(["tables", "list"], { MAESTRO_URL: server.url })).rejects.toThrow(
    /MAESTRO_TOKEN/,
  );
  await expect(maestro(["tables", "show", "d.nothing"], environment())).rejects.toThrow(
    /d\.nothing/,
  );
  await expect(maestro(["runs", "show", "x"], environment())).rejects.toThrow(/x is not/);
});

test("who was told of a completed table is listed, told again, and signed for with a secret", async () => {
  const receiver = await startReceiver();
  receiver.answer = (_, response) => void response.writeHead(500).end();
  fixture.deps.givenSettings["network.allowed"] = "127.0.0.1";
  const [id] = (
    await insertCatalog(fixture.db, [{ name: "told", notifyUrls: [`${receiver.url}/hook`] }])
  ).values();
  await maestro(["run", "d.told", "--wait"], environment());
  const list = () => maestro(["notifications", "list", "--table", "d.told"], environment());
  await until("it is refused", async () => (await list()).includes("it answered 500"));
  expect(await list()).toMatch(/d\.told +\d+ +queued +\d+ +500 .*\/hook +it answered 500/);
  receiver.answer = (_, response) => void response.writeHead(200).end();
  const [{ id: notification }] = JSON.parse(
    await maestro(["notifications", "list", "--json"], environment()),
  ) as [NotificationView];
  await maestro(["notifications", "again", String(notification)], environment());
  await until("it is taken", async () => (await list()).includes("delivered"));
  const secret = (await maestro(["notifications", "secret", "d.told"], environment())).trim();
  expect(secret).toBe(await notificationSecret(fixture.deps, id!));
  const renewed = await maestro(["notifications", "secret", "d.told", "--renew"], environment());
  expect(renewed.trim()).not.toBe(secret);
  await expect(maestro(["notifications", "list", "--state", "odd"], environment())).rejects.toThrow(
    "--state is one of queued, delivered, failed, not odd",
  );
  await receiver.close();
});
