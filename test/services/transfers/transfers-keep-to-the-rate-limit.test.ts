import { createHash, randomBytes } from "node:crypto";
import { Readable, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { eq } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { databases } from "../../../drizzle/schema/tables.ts";
import { createDatabase } from "../../../server/services/databases/create-database.ts";
import { updateDatabase } from "../../../server/services/databases/update-database.ts";
import { paceTransfer } from "../../../server/services/transfers/pace-transfer.ts";
import { actor, openTransferDeps } from "./support.ts";

/*
 * Rates are told by PostgreSQL's own account of what was given away, and never by how soon something
 * ends: that it took as long as it had to is true on any machine.
 */

let first: Awaited<ReturnType<typeof openTransferDeps>>;
beforeAll(async () => {
  first = await openTransferDeps();
});
afterAll(() => first.close());

let made = 0;
const inputOf = (bytesPerSecond: number | null) => ({
  name: `paced ${made}`,
  kind: "postgres" as const,
  host: "127.0.0.1",
  port: 5432,
  database: "d",
  username: "u",
  bytesPerSecond,
});

async function createPaced(bytesPerSecond: number | null): Promise<number> {
  made += 1;
  return (await createDatabase(first.deps, inputOf(bytesPerSecond), actor)).id;
}

/** Sends so many bytes through a pace of its own; what arrived, and how long it took. */
async function send(databaseId: number, bytes: number, chunkBytes = 65_536) {
  const content = randomBytes(bytes);
  const pace = paceTransfer(first.deps, databaseId, new AbortController().signal);
  const hash = createHash("sha256");
  let arrived = 0;
  const chunks = function* () {
    for (let at = 0; at < bytes; at += chunkBytes) yield content.subarray(at, at + chunkBytes);
  };
  const startedAt = performance.now();
  await pipeline(
    Readable.from(chunks()),
    pace.through(),
    new Writable({
      write(chunk: Buffer, _encoding, done) {
        arrived += chunk.length;
        hash.update(chunk);
        done();
      },
    }),
  );
  await pace.end();
  const seconds = (performance.now() - startedAt) / 1000;
  const isEqual = hash.digest("hex") === createHash("sha256").update(content).digest("hex");
  return { arrived, isEqual, seconds };
}

async function pacedUntil(databaseId: number): Promise<number> {
  const [row] = await first.deps.db.select().from(databases).where(eq(databases.id, databaseId));
  return row?.pacedUntil?.getTime() ?? Number.NaN;
}

test("bytes pass unchanged, and no faster than the limit", async () => {
  const id = await createPaced(1_000_000);
  const sent = await send(id, 2_000_000);
  expect(sent).toMatchObject({ arrived: 2_000_000, isEqual: true });
  // Two seconds' worth, of which the first quarter of a second is given in advance.
  expect(sent.seconds).toBeGreaterThan(1.7);
});

test("several transfers share the limit: what is given to all together is the limit", async () => {
  const id = await createPaced(2_000_000);
  await send(id, 1);
  const before = await pacedUntil(id);
  await Promise.all([send(id, 1_000_000), send(id, 1_500_000, 7_000), send(id, 500_000, 400_000)]);
  const givenSeconds = ((await pacedUntil(id)) - before) / 1000;
  // 3 MB at 2 MB/s are 1.5 s. It began later than `before`, and what was not used is given back.
  expect(givenSeconds).toBeGreaterThan(1.5 * 0.98);
  const sent = await send(id, 4_000);
  expect(sent.isEqual).toBe(true);
});

test("a small transfer takes no more of the limit than its bytes", async () => {
  const id = await createPaced(1_000_000);
  await send(id, 1_000);
  const before = await pacedUntil(id);
  for (let count = 0; count < 20; count += 1) await send(id, 1_000);
  const now = Date.now();
  // Twenty quarters of a second would be five seconds.
  expect((await pacedUntil(id)) - Math.max(before, now)).toBeLessThan(1_000);
});

test("a limit that is raised holds for a transfer under way", async () => {
  const id = await createPaced(1_000);
  const sending = send(id, 300_000);
  await expect.poll(() => pacedUntil(id)).toBeGreaterThan(0);
  await updateDatabase(first.deps, { id, ...inputOf(50_000_000) }, actor);
  // It would take 300 s at the limit that it began with.
  expect(await sending).toMatchObject({ arrived: 300_000, isEqual: true });
});

test("a transfer without a limit is not held up, and asks seldom", async () => {
  const id = await createPaced(null);
  expect(await send(id, 50_000_000)).toMatchObject({ arrived: 50_000_000, isEqual: true });
  expect(await pacedUntil(id)).toBeNaN();
});

test("a transfer that waits for its bytes ends at once when it is stopped", async () => {
  const id = await createPaced(1_000);
  const stop = new AbortController();
  const pace = paceTransfer(first.deps, id, stop.signal);
  const paying = pace.pay(1_000_000);
  await expect.poll(() => pacedUntil(id)).toBeGreaterThan(0);
  stop.abort();
  await expect(paying).rejects.toThrow(/abort/i);
});
