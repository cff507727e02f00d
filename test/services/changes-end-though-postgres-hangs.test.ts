import { setTimeout as delay } from "node:timers/promises";
import { pino } from "pino";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createChanges } from "../../server/db/changes.ts";
import { type EngineFixture, openEngineFixture } from "../support/engine-fixture.ts";
import { type PostgresProxy, startPostgresProxy } from "../support/postgres-proxy.ts";
import { until } from "../support/until.ts";

let fixture: EngineFixture;
let proxy: PostgresProxy;
beforeEach(async () => {
  fixture = await openEngineFixture();
  proxy = await startPostgresProxy(fixture.connectionString);
});
afterEach(async () => {
  await proxy.close();
  await fixture.close();
});

test("who stops while PostgreSQL hangs does not wait for its good-bye", async () => {
  const changes = createChanges(proxy.connectionString, pino({ level: "silent" }));
  const heard: unknown[] = [];
  changes.subscribe((event) => heard.push(event));
  await until("it listens, and has told so", () => heard.length > 0);
  proxy.hang();
  changes.publish({ noun: "run", id: 1 });
  // The statement under way would be given up after 10 s.
  const first = await Promise.race([changes.close(), delay(8_000, "waits")]);
  expect(first).toBeUndefined();
});
