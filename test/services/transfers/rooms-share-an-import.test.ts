import { eq } from "drizzle-orm";
import { expect, test } from "vitest";
import { databases } from "../../../drizzle/schema/tables.ts";
import { transferParts } from "../../../drizzle/schema/transfer-parts.ts";
import { selectTransfers } from "../../../server/db/transfer-views.ts";
import { cancelTransfer } from "../../../server/services/transfers/cancel-transfer.ts";
import { describeParts } from "../../../shared/transfer.ts";
import { until } from "../../support/until.ts";
import { createDividedImports } from "./divided-imports.ts";
import { actor } from "./support.ts";

/* Rooms that help another with its import, and how they stop. */

const {
  deps,
  databaseId,
  query,
  divideFrom,
  openRoom,
  openGate,
  startImport,
  transferOf,
  readParts,
  ended,
  fillOrders,
  connections,
} = createDividedImports();

test("a value that does not fit fails the transfer once, with its words, whichever room reads it", async () => {
  await query(`drop table if exists until; create table until (id int primary key, valid_to date);
    insert into until select i, case when i = 3999 then 'infinity' else date '2024-01-01' end
    from generate_series(1, 4000) i; analyze until`);
  await divideFrom("until");
  const gate = openGate();
  openRoom("first", gate.objectStore);
  const tableRun = await startImport({ importTable: "until" });
  await until("it is divided", async () => (await readParts()).length > 0);
  openRoom("second");
  await until("a part has failed", async () =>
    (await readParts()).some(({ state }) => state === "failed"),
  );
  gate.open();
  const row = await ended(tableRun);
  expect(row).toMatchObject({ state: "failed", attempt: 1 });
  expect(row.error).toMatch(/column valid_to holds infinity.*valid_to::text/);
});

test("a part that has cost three rooms fails the import, and says so", async () => {
  await fillOrders();
  const gate = openGate();
  openRoom("first", gate.objectStore);
  const tableRun = await startImport({ importTable: "orders" });
  await until("it is divided", async () => (await readParts()).length > 0);
  const past = new Date(0);
  await deps()
    .db.update(transferParts)
    .set({ state: "running", attempt: 3, leaseOwner: "dead", leaseUntil: past })
    .where(eq(transferParts.number, 5));
  gate.open();
  expect(await ended(tableRun)).toMatchObject({
    state: "failed",
    error: "given up: the room of each of 3 attempts at part 6 of 16 died",
  });
});

test("a cancel stops the parts of all rooms", async () => {
  await fillOrders();
  const gate = openGate();
  openRoom("first", gate.objectStore);
  openRoom("second", gate.objectStore);
  const tableRun = await startImport({ importTable: "orders" });
  await until("both are at work", async () => (await roomsAtWork()) === 2);
  const { id } = await transferOf(tableRun);
  await cancelTransfer(deps(), id, actor);
  gate.open();
  expect((await ended(tableRun)).state).toBe("cancelled");
  await until("nobody is connected", async () => (await connections()) === 0);
});

async function roomsAtWork(): Promise<number> {
  const running = (await readParts()).filter(({ state }) => state === "running");
  return new Set(running.map(({ leaseOwner }) => leaseOwner)).size;
}

/** Of the newest transfer, as people see it. */
async function shown(): Promise<string | null> {
  const [view] = await selectTransfers(deps().db, { limit: 1 });
  return view ? describeParts(view) : null;
}

test("a database with one transfer at once is read by one room, with two by two", async () => {
  await fillOrders();
  const isDatabase = eq(databases.id, databaseId());
  await deps().db.update(databases).set({ concurrentTransfers: 1 }).where(isDatabase);
  const gate = openGate();
  openRoom("first", gate.objectStore);
  openRoom("second", gate.objectStore);
  openRoom("third", gate.objectStore);
  const tableRun = await startImport({ importTable: "orders" });
  await until("the first is at work", async () => (await roomsAtWork()) === 1);
  await deps().db.update(databases).set({ concurrentTransfers: 2 }).where(isDatabase);
  await until("a second is too", async () => (await roomsAtWork()) === 2);
  await until("both are connected", async () => (await connections()) === 2);
  expect(await shown()).toBe("0 of 16 parts, 2 rooms");
  gate.open();
  expect(await ended(tableRun)).toMatchObject({ state: "succeeded", rows: 4000 });
  expect(await shown()).toBe("16 parts");
});

test("a room that stops gives its parts back at once, and another reads them", async () => {
  await fillOrders();
  const gate = openGate();
  openRoom("first", gate.objectStore);
  const tableRun = await startImport({ importTable: "orders" });
  await until("it is divided", async () => (await readParts()).length > 0);
  const second = openRoom("second", gate.objectStore);
  const ofSecond = async () =>
    (await readParts()).filter(({ leaseOwner }) => leaseOwner === "second").length;
  await until("the second has a part, and reads another", async () => (await ofSecond()) === 2);
  await second.stop();
  expect(await ofSecond()).toBe(0);
  gate.open();
  expect(await ended(tableRun)).toMatchObject({ state: "succeeded", rows: 4000, attempt: 1 });
});
