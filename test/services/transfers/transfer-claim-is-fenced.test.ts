import { eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { tableRuns } from "../../../drizzle/schema/runs.ts";
import { databases } from "../../../drizzle/schema/tables.ts";
import { transfers } from "../../../drizzle/schema/transfers.ts";
import { countWaitingTransfers } from "../../../server/db/scheduler-points.ts";
import { selectTransfers } from "../../../server/db/transfer-views.ts";
import {
  claimNextTransfer,
  handBackTransfer,
  renewLease,
  requestCancel,
  settleTransfer,
  sweepTransfers,
} from "../../../server/db/transfers.ts";
import { enqueueTransfers } from "../../../server/services/transfers/enqueue-transfers.ts";
import { insertImportTable, insertTableRun, openTestDb } from "./fixture.ts";

let client: Awaited<ReturnType<typeof openTestDb>>;
beforeAll(async () => {
  client = await openTestDb();
});
afterAll(() => client.close());

const progress = { rows: 5, bytes: 50, totalRows: 10 };
const result = {
  objects: ["imports/1/1/data.parquet"],
  format: "PARQUET" as const,
  schema: [],
  rows: 7,
  lastId: null,
  fromLastId: null,
  watermark: null,
  source: "[]",
  nullMarker: null,
};

async function queueOne() {
  await client.db.delete(transfers);
  const table = await insertImportTable(client);
  const tableRun = await insertTableRun(client, table);
  await enqueueTransfers(client.db, [tableRun]);
  return { table, tableRun };
}

const expire = () =>
  client.db.update(transfers).set({ leaseUntil: sql`now() - interval '1 second'` });
const states = async () =>
  (await client.db.select({ state: transfers.state }).from(transfers).orderBy(transfers.id)).map(
    (row) => row.state,
  );

test("one transfer goes to one of many rooms", async () => {
  await queueOne();
  const claims = await Promise.all(
    Array.from({ length: 6 }, (_, room) => claimNextTransfer(client.db, `room ${room}`)),
  );
  expect(claims.filter((claim) => claim !== null)).toHaveLength(1);
});

test("a claim names its run and table, and shows in the list", async () => {
  const { table, tableRun } = await queueOne();
  const claim = (await claimNextTransfer(client.db, "room"))!;
  expect(claim).toMatchObject({
    tableId: table.tableId,
    tableRunId: tableRun.id,
    runId: tableRun.runId,
    attempt: 1,
  });
  expect(await renewLease(client.db, claim, progress)).toBe("held");
  const [view] = await selectTransfers(client.db, { limit: 10 });
  expect(view).toMatchObject({ state: "running", rows: 5, bytes: 50, totalRows: 10, attempt: 1 });
  expect(view!.tableName).toBe(`${table.definition.dataset}.orders`);
  expect(view!.expectedEndAt).toMatch(/^\d{4}-/);
});

test("a room whose lease was taken over changes no row, whatever it writes", async () => {
  await queueOne();
  const dead = (await claimNextTransfer(client.db, "dead"))!;
  expect(await claimNextTransfer(client.db, "early")).toBeNull();
  await expire();
  const heir = (await claimNextTransfer(client.db, "heir"))!;
  expect(heir).toMatchObject({ id: dead.id, attempt: 2, fence: dead.fence + 1 });
  const before = await client.db.select().from(transfers);
  expect(await renewLease(client.db, dead, progress)).toBe("lost");
  expect(await settleTransfer(client.db, dead, { state: "succeeded", result, bytes: 1 })).toBe(
    false,
  );
  expect(
    await settleTransfer(client.db, dead, { state: "failed", error: "x", retryable: true }),
  ).toBe(false);
  expect(await handBackTransfer(client.db, dead, { error: null, isAttempt: false })).toBe(false);
  expect(await client.db.select().from(transfers)).toEqual(before);
  expect(await settleTransfer(client.db, heir, { state: "succeeded", result, bytes: 1 })).toBe(
    true,
  );
});

test("a lease that expired unclaimed is still its room's", async () => {
  await queueOne();
  const claim = (await claimNextTransfer(client.db, "slow"))!;
  await expire();
  expect(await renewLease(client.db, claim, progress)).toBe("held");
  expect(await claimNextTransfer(client.db, "other")).toBeNull();
});

test("a transfer that kills three rooms is given up", async () => {
  await queueOne();
  for (let attempt = 1; attempt <= 3; attempt += 1) {
    expect((await claimNextTransfer(client.db, "room"))!.attempt).toBe(attempt);
    await expire();
  }
  expect(await claimNextTransfer(client.db, "room")).toBeNull();
  expect(await sweepTransfers(client.db)).toHaveLength(1);
  const [row] = await client.db.select().from(transfers);
  expect(row).toMatchObject({ state: "failed", leaseOwner: null });
  expect(row!.error).toMatch(/3 attempts/);
});

test("a drained room's transfer is no attempt; a fault's is", async () => {
  await queueOne();
  const first = (await claimNextTransfer(client.db, "drained"))!;
  await handBackTransfer(client.db, first, { error: null, isAttempt: false });
  const second = (await claimNextTransfer(client.db, "faulty"))!;
  expect(second.attempt).toBe(1);
  await handBackTransfer(client.db, second, { error: "connection reset", isAttempt: true });
  expect((await claimNextTransfer(client.db, "third"))!.attempt).toBe(2);
});

test("cancel ends a queued transfer at once, a running one by its room or by the sweep", async () => {
  await queueOne();
  const [row] = await client.db.select().from(transfers);
  expect(await requestCancel(client.db, row!.id, "ann@test")).toBe("cancelled");
  expect(await claimNextTransfer(client.db, "room")).toBeNull();

  await queueOne();
  const claim = (await claimNextTransfer(client.db, "room"))!;
  expect(await requestCancel(client.db, claim.id, "ann@test")).toBe("running");
  expect(await renewLease(client.db, claim, progress)).toBe("cancelRequested");
  await expire();
  expect(await claimNextTransfer(client.db, "other")).toBeNull();
  await sweepTransfers(client.db);
  expect(await states()).toEqual(["cancelled"]);
});

test("a transfer handed back after its cancel was asked for is cancelled, and blocks nothing", async () => {
  const { table } = await queueOne();
  const claim = (await claimNextTransfer(client.db, "room"))!;
  await requestCancel(client.db, claim.id, "ann@test");
  const why = { error: "connection reset", isAttempt: true, pauseSeconds: 10 };
  expect(await handBackTransfer(client.db, claim, why)).toBe(true);
  const [row] = await client.db.select().from(transfers);
  expect(row).toMatchObject({ state: "cancelled", error: "cancelled" });
  expect(row!.endedAt).not.toBeNull();
  const later = await insertTableRun(client, table);
  await enqueueTransfers(client.db, [later]);
  expect((await claimNextTransfer(client.db, "room"))!.tableRunId).toBe(later.id);
});

test("enqueueing again restarts what ended", async () => {
  const { tableRun } = await queueOne();
  const claim = (await claimNextTransfer(client.db, "room"))!;
  await settleTransfer(client.db, claim, { state: "failed", error: "no", retryable: false });
  await enqueueTransfers(client.db, [tableRun]);
  const again = (await claimNextTransfer(client.db, "room"))!;
  expect(again).toMatchObject({ id: claim.id, attempt: 1 });
  expect(again.fence).toBeGreaterThan(claim.fence);
});

test("enqueueing again takes what still runs from its room, which can cancel it no more", async () => {
  const { tableRun } = await queueOne();
  const old = (await claimNextTransfer(client.db, "old"))!;
  await requestCancel(client.db, old.id, "ann@test");
  await enqueueTransfers(client.db, [tableRun]);
  expect(await settleTransfer(client.db, old, { state: "cancelled" })).toBe(false);
  const again = (await claimNextTransfer(client.db, "room"))!;
  expect(again).toMatchObject({ id: old.id, attempt: 1 });
  expect(await settleTransfer(client.db, old, { state: "cancelled" })).toBe(false);
  expect(await renewLease(client.db, again, progress)).toBe("held");
});

test("a table's next import waits until the one before it is loaded", async () => {
  const { table, tableRun } = await queueOne();
  const later = await insertTableRun(client, table);
  await enqueueTransfers(client.db, [later]);
  const first = (await claimNextTransfer(client.db, "a"))!;
  expect(first.tableRunId).toBe(tableRun.id);
  expect(await claimNextTransfer(client.db, "b")).toBeNull();
  await settleTransfer(client.db, first, { state: "succeeded", result, bytes: 1 });
  expect(await claimNextTransfer(client.db, "b")).toBeNull();
  await client.db
    .update(tableRuns)
    .set({ state: "succeeded" })
    .where(eq(tableRuns.id, tableRun.id));
  expect((await claimNextTransfer(client.db, "b"))!.tableRunId).toBe(later.id);
});

test("rooms are wanted for what they could claim now, and for what dead rooms have left", async () => {
  const waiting = () => countWaitingTransfers(client.db);
  const { table } = await queueOne();
  expect(await waiting()).toBe(1);
  // The next of the same table waits for the one before it.
  await enqueueTransfers(client.db, [await insertTableRun(client, table)]);
  expect(await waiting()).toBe(1);
  const claim = (await claimNextTransfer(client.db, "room"))!;
  expect(await waiting()).toBe(0);
  await expire();
  expect(await waiting()).toBe(1);
  const why = { error: "connection reset", isAttempt: true };
  expect((await claimNextTransfer(client.db, "heir"))!.id).toBe(claim.id);
  const heir = { id: claim.id, fence: claim.fence + 1 };
  await handBackTransfer(client.db, heir, { ...why, pauseSeconds: 60 });
  expect(await waiting()).toBe(0);
  // The last attempt's room died: a room has to come that ends the transfer.
  await client.db.update(transfers).set({ leaseUntil: null }).where(eq(transfers.id, claim.id));
  expect((await claimNextTransfer(client.db, "third"))!.attempt).toBe(3);
  await expire();
  expect(await waiting()).toBe(1);
});

test("of a database as many are waited for as it may have at once", async () => {
  const { table } = await queueOne();
  const others = [await insertImportTable(client), await insertImportTable(client)];
  for (const other of others) {
    await enqueueTransfers(client.db, [await insertTableRun(client, other)]);
  }
  const { importDatabaseId } = table.definition;
  await client.db.update(transfers).set({ databaseId: importDatabaseId });
  const bear = (concurrentTransfers: number | null) =>
    client.db.update(databases).set({ concurrentTransfers });
  const waiting = () => countWaitingTransfers(client.db);
  expect(await waiting()).toBe(3);
  await bear(2);
  expect(await waiting()).toBe(2);
  await claimNextTransfer(client.db, "a");
  expect(await waiting()).toBe(1);
  await claimNextTransfer(client.db, "b");
  expect(await waiting()).toBe(0);
  await expire();
  expect(await waiting()).toBe(2);
  await bear(null);
  expect(await waiting()).toBe(3);
});
