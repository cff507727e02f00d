import { pino } from "pino";
import { afterEach, expect, test, vi } from "vitest";
import { createDbClient } from "../../../server/db/client.ts";
import { startSharedClock } from "../../../server/db/shared-clock.ts";
import { createTestDatabase } from "../../support/database.ts";

afterEach(() => {
  vi.useRealTimers();
});

test("a machine whose clock is an hour ahead goes by PostgreSQL's, and says so", async () => {
  const database = await createTestDatabase();
  const { connectionString } = database;
  const client = createDbClient({ connectionString, poolSize: 1, applicationName: "test" });
  const lines: string[] = [];
  const log = pino({ level: "warn" }, { write: (line: string) => lines.push(line) });
  const trueMs = Date.now();
  vi.useFakeTimers({ toFake: ["Date"], now: trueMs + 3_600_000 });
  const clock = await startSharedClock(client.pool, log);
  const shownMs = clock.now().getTime();
  expect(shownMs).toBeGreaterThan(trueMs - 60_000);
  expect(shownMs).toBeLessThan(trueMs + 60_000);
  expect(lines.join()).toMatch(/clock is 3600 s ahead of PostgreSQL's/);
  await clock.close();
  await client.close();
  await database.drop();
});
