import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, symlink } from "node:fs/promises";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { createMaestroClient } from "../../server/script-client/create-maestro-client.ts";
import type { ChangeEvent } from "../../shared/event.ts";
import { insertCatalog } from "../support/catalog.ts";
import { type EngineFixture, openEngineFixture } from "../support/engine-fixture.ts";
import { startHttpProxy } from "../support/http-proxy.ts";
import { until } from "../support/until.ts";
import { adminToken, startTestServer, type TestServer } from "./support.ts";

let fixture: EngineFixture;
let server: TestServer;
let token: string;
const closing: (() => unknown)[] = [];

beforeAll(async () => {
  fixture = await openEngineFixture();
  server = await startTestServer(fixture.deps);
  token = await adminToken(fixture.deps);
  await insertCatalog(fixture.db, [{ name: "a" }, { name: "bad" }]);
  fixture.start();
});
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});
afterAll(async () => {
  await server.close();
  await fixture.close();
});

/** A server that answers as it is told; its address. */
async function standIn(answer: RequestListener): Promise<string> {
  const front = createServer(answer);
  await new Promise<void>((resolve) => front.listen(0, "127.0.0.1", resolve));
  closing.push(() => {
    front.closeAllConnections();
    front.close();
  });
  return `http://127.0.0.1:${(front.address() as AddressInfo).port}`;
}

const result = JSON.stringify({ result: { data: { id: 1 } } });

test("the example runs a table as a script of its own, and its exit code says how that ended", async () => {
  const folder = await mkdtemp(join(tmpdir(), "maestro-script-"));
  closing.push(() => rm(folder, { recursive: true }));
  await mkdir(join(folder, "node_modules"));
  const root = join(import.meta.dirname, "../..");
  await symlink(root, join(folder, "node_modules/maestro"));
  const script = join(folder, "run-table.mjs");
  await promisify(execFile)("cp", [join(root, "docs/examples/run-table.mjs"), script]);
  const run = (name: string) =>
    promisify(execFile)(process.execPath, [script, name], {
      env: { MAESTRO_URL: server.url, MAESTRO_TOKEN: token },
    });
  expect((await run("d.a")).stdout).toMatch(/^d\.a succeeded: /);
  fixture.warehouse.outcome = () => ({ reason: "invalidQuery", message: "Unrecognized name: x" });
  await expect(run("d.bad")).rejects.toMatchObject({
    code: 1,
    stdout: expect.stringMatching(/^d\.bad failed: .*Unrecognized name: x/),
  });
});

test("queries are asked again after faults that pass, and mutations where they were refused", async () => {
  const asked: string[] = [];
  const why: string[] = [];
  let statuses: number[] = [];
  const url = await standIn((request, response) => {
    asked.push(request.method ?? "");
    const status = statuses.shift() ?? 200;
    const headers = { "content-type": "application/json", "retry-after": "0.01" };
    response.writeHead(status, headers).end(result);
  });
  const client = createMaestroClient({ url, token, onRetry: (text) => why.push(text) });
  statuses = [503, 429];
  expect(await client.tables.get.query({ id: 1 })).toEqual({ id: 1 });
  expect(asked).toHaveLength(3);
  expect(why).toEqual([
    expect.stringContaining("answered 503"),
    expect.stringContaining("answered 429"),
  ]);
  statuses = [429];
  expect(await client.tables.run.mutate({ id: 1 })).toEqual({ id: 1 });
  statuses = [503];
  asked.length = 0;
  await client.tables.run.mutate({ id: 1 }).catch(() => undefined);
  expect(asked).toEqual(["POST"]);
  // It bills a job, however long its input is; a query travels as POST too, and may be asked again.
  const definition = {} as Parameters<typeof client.tables.dryRun.query>[0];
  statuses = [502];
  asked.length = 0;
  await client.tables.query.mutate(definition as never).catch(() => undefined);
  expect(asked).toEqual(["POST"]);
  statuses = [502];
  expect(await client.tables.dryRun.query(definition)).toEqual({ id: 1 });
  expect(asked).toEqual(["POST", "POST", "POST"]);
});

test("the token goes nowhere else, and what is refused says what to do", async () => {
  const told: unknown[] = [];
  const elsewhere = await standIn((request, response) => {
    told.push(request.headers);
    response.end(result);
  });
  const url = await standIn((_, response) =>
    response.writeHead(307, { location: `${elsewhere}/trpc/me.get` }).end(),
  );
  await expect(createMaestroClient({ url, token, retries: 0 }).me.get.query()).rejects.toThrow();
  expect(told).toEqual([]);
  const stranger = createMaestroClient({ url: server.url, token: "wrong" });
  await expect(stranger.me.get.query()).rejects.toMatchObject({
    data: { code: "unauthenticated", hint: expect.stringMatching(/\w/) },
  });
  expect(() => createMaestroClient({ url: "maestro", token })).toThrow("maestro is no URL");
});

test("a subscription tells of changes, and connects again when it was cut off", async () => {
  let connections = 0;
  const proxy = await startHttpProxy(server.url);
  closing.push(() => proxy.close());
  proxy.onRequest = ({ phase }) => {
    if (phase === "before") connections += 1;
    return phase === "after" && connections === 1 ? "cut" : undefined;
  };
  const { url } = proxy;
  const client = createMaestroClient({ url, token });
  const events: ChangeEvent[] = [];
  let started = 0;
  const subscription = client.events.subscribe(undefined, {
    onStarted: () => {
      started += 1;
    },
    onData: (event) => events.push(event),
  });
  closing.push(() => subscription.unsubscribe());
  await until("it is connected again", () => connections > 1 && started > 0);
  fixture.deps.changes.publish({ noun: "demo", id: 7 });
  await until("it is told", () => events.some(({ noun, id }) => noun === "demo" && id === 7));
});

test("a subscription that is refused says why", async () => {
  const refused = Promise.withResolvers<{ message: string }>();
  createMaestroClient({ url: server.url, token: "wrong" }).events.subscribe(undefined, {
    onError: refused.resolve,
  });
  expect((await refused.promise).message).toContain("token");
});
