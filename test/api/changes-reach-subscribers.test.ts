import { afterAll, beforeAll, expect, test } from "vitest";
import { createChanges } from "../../server/db/changes.ts";
import { createFrequency } from "../../server/services/frequencies/save-frequency.ts";
import { until } from "../support/until.ts";
import {
  adminToken,
  createTestDeps,
  startTestServer,
  type TestDeps,
  type TestServer,
} from "./support.ts";

let context: TestDeps;
let server: TestServer;
let headers: Record<string, string>;

beforeAll(async () => {
  context = await createTestDeps();
  server = await startTestServer(context.deps);
  headers = { "x-api-token": await adminToken(context.deps), accept: "text/event-stream" };
});

afterAll(async () => {
  await server.close();
  await context.close();
});

/** Server-sent events as they come, by their names and parsed data. */
async function* eventsOf(response: Response): AsyncGenerator<{ event: string; data: unknown }> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    text += decoder.decode(chunk, { stream: true });
    for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
      const lines = text.slice(0, end).split("\n");
      text = text.slice(end + 2);
      const field = (name: string) =>
        lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
      const data = field("data");
      yield { event: field("event") ?? "message", data: data ? JSON.parse(data) : null };
    }
  }
}

async function connect(to: TestServer, signal: AbortSignal) {
  const response = await fetch(`${to.url}/trpc/events`, { headers, signal });
  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toContain("text/event-stream");
  expect(response.headers.get("content-encoding")).toBeNull();
  const events = eventsOf(response);
  expect((await events.next()).value).toMatchObject({ event: "connected" });
  return events;
}

/** The next change; pings are no changes. */
async function nextChange(events: AsyncGenerator<{ event: string; data: unknown }>) {
  for (;;) {
    const { done, value } = await events.next();
    if (done) throw new Error("the stream ended");
    if (value.event === "message") return value.data;
  }
}

async function subscribed(): Promise<void> {
  // The generator subscribes when the adapter first asks it for a value, right after `connected`.
  await new Promise((resolve) => setImmediate(resolve));
}

test("a change made here or by another process reaches every subscriber", async () => {
  const stop = new AbortController();
  const streams = [await connect(server, stop.signal), await connect(server, stop.signal)];
  await subscribed();
  const actor = { userId: null, name: "test" };
  const { id } = await createFrequency(
    context.deps,
    { name: "f", periodSeconds: 60, offsetSeconds: 0, timeZone: null, active: true },
    actor,
  );
  for (const stream of streams) {
    expect(await nextChange(stream)).toEqual({ noun: "frequency", id });
  }
  const { rows } = await context.deps.pool.query<{ name: string }>(
    "select current_database() as name",
  );
  const { connectionString } = context;
  expect(connectionString).toContain(rows[0]!.name);
  const elsewhere = createChanges(connectionString, context.deps.log);
  await new Promise<void>((resolve) => {
    // Its own first event says that it is connected.
    const unsubscribe = elsewhere.subscribe(() => {
      unsubscribe();
      resolve();
    });
  });
  // Whoever may connect may write to the channel: what cannot be read stops nobody.
  for (const payload of ["", "no JSON", "7", "null", '["x"]', '["x",[null]]', '["x",[{}]]']) {
    await context.deps.pool.query("select pg_notify('maestro_changes', $1)", [payload]);
  }
  elsewhere.publish({ noun: "run", id: 7, runId: 7 });
  for (const stream of streams) {
    expect(await nextChange(stream)).toEqual({ noun: "run", id: 7, runId: 7 });
  }
  await elsewhere.close();
  stop.abort();
});

test("a subscriber that fails keeps neither the others nor the process from going on", async () => {
  const other = createChanges(context.connectionString, context.deps.log);
  const unsubscribe = context.deps.changes.subscribe(() => {
    throw new Error("a fault of this subscriber");
  });
  const heard: unknown[] = [];
  const unsubscribeToo = context.deps.changes.subscribe((event) => heard.push(event.id));
  try {
    context.deps.changes.publish({ noun: "table", id: 1 });
    expect(heard).toContain(1);
    await until("another process is heard", () => {
      other.publish({ noun: "table", id: 2 });
      return heard.includes(2);
    });
  } finally {
    unsubscribe();
    unsubscribeToo();
    await other.close();
  }
});

test("a listener that was cut off is told to look again, at runs, transfers and frequencies", async () => {
  const heard: { noun: string; id: number | null }[] = [];
  const unsubscribe = context.deps.changes.subscribe(({ noun, id }) => heard.push({ noun, id }));
  await context.deps.pool.query(
    `select pg_terminate_backend(pid) from pg_stat_activity
     where datname = current_database() and application_name = 'maestro changes'`,
  );
  await until("it listens again", () => heard.length >= 3);
  unsubscribe();
  expect(heard).toEqual(
    expect.arrayContaining(["run", "transfer", "frequency"].map((noun) => ({ noun, id: null }))),
  );
});

test("strangers get no stream", async () => {
  const response = await fetch(`${server.url}/trpc/events`, {
    headers: { accept: "text/event-stream" },
  });
  expect(await response.text()).toContain("unauthenticated");
});

test("a stream that is gone leaves no subscription behind", async () => {
  let subscriptions = 0;
  const { deps } = context;
  const changes = {
    ...deps.changes,
    subscribe(listener: Parameters<typeof deps.changes.subscribe>[0]) {
      subscriptions += 1;
      const unsubscribe = deps.changes.subscribe(listener);
      return () => {
        subscriptions -= 1;
        unsubscribe();
      };
    },
  };
  const other = await startTestServer({ ...deps, changes });
  const stop = new AbortController();
  await connect(other, stop.signal);
  await expect.poll(() => subscriptions).toBe(1);
  stop.abort();
  await expect.poll(() => subscriptions).toBe(0);
  await other.close();
});

test("a server that stops ends its streams with an error that makes clients come back", async () => {
  const other = await startTestServer(context.deps);
  const events = await connect(other, AbortSignal.timeout(30_000));
  await subscribed();
  const closed = other.close();
  const rest: { event: string; data: unknown }[] = [];
  for await (const event of events) rest.push(event);
  await closed;
  const error = rest.find(({ event }) => event === "serialized-error");
  expect(error?.data).toMatchObject({ data: { httpStatus: 503, code: "transient" } });
});
