import { expect, test } from "vitest";
import { until } from "../../support/until.ts";
import type { DividedCase } from "./divided-case.ts";
import { firstRows, glanceOf } from "./import-case.ts";
import { type Strike, strikeAt } from "./sites.ts";
import { createCases, timeoutMs as ofOneRoom } from "./with-cases.ts";

/* What else may happen while two rooms read one import: it is whole in the end, or not there at all. */

const { withDivided } = createCases();

const timeoutMs = 2 * ofOneRoom;
const inItsRows = { sends: "set transaction snapshot", phase: "answered", bytes: 40_000 } as const;

/** Strikes as half the rows of a part have come to the room that helps; the other leaves it that part. */
async function strikeHelper(each: DividedCase, strike: Strike) {
  each.startDaemonHere("daemon");
  const readers = await each.begin();
  const struck = strikeAt(each.proxies, inItsRows, strike);
  const letGo = each.holdUploads("owner");
  const tableRun = await each.run(each.tableId);
  await struck;
  letGo();
  return { tableRun, readers };
}

test.concurrent(
  "a connection of the room that helps is cut, and its part is read again",
  () =>
    withDivided(async (each) => {
      const { tableRun, readers } = await strikeHelper(each, async () => "cut");
      await each.checkWhole(tableRun, readers);
      expect((await each.readTransfer(tableRun))?.attempt).toBe(1);
    }),
  timeoutMs,
);

test.concurrent(
  "a room that helps sleeps past its lease, and changes nothing when it wakes",
  () =>
    withDivided(async (each) => {
      const { tableRun, readers } = await strikeHelper(each, async () => {
        const room = await each.roomOf("helper");
        room.child.kill("SIGSTOP");
        await each.releaseRoom(room.name);
        return undefined;
      });
      await until("it is imported without it", async () => {
        return (await each.readTransfer(tableRun))?.state === "succeeded";
      });
      await each.ended(tableRun);
      const before = await each.readParts();
      const sleeper = await each.roomOf("helper");
      sleeper.child.kill("SIGCONT");
      await until("the sleeper has found out", () =>
        /"msg":"transfer part: (stopped|settled)"/.test(sleeper.output()),
      );
      await each.checkWhole(tableRun, readers);
      expect(await each.readParts()).toEqual(before);
    }),
  timeoutMs,
);

test.concurrent(
  "Maestro's PostgreSQL goes away in the middle of both rooms' parts, and the import goes on",
  () =>
    withDivided(async (each) => {
      const { tableRun, readers } = await strikeHelper(each, async () => {
        each.proxies.maestro.refuse();
        return undefined;
      });
      await until("the rooms ask again", () => /asked again/.test(each.output()));
      each.proxies.maestro.comeBack();
      await each.checkWhole(tableRun, readers);
      expect((await each.readTransfer(tableRun))?.attempt).toBe(1);
    }),
  timeoutMs,
);

test.concurrent(
  "a source that breaks all connections is read anew, by both rooms",
  () =>
    withDivided(async (each) => {
      const { tableRun, readers } = await strikeHelper(each, async () => {
        each.proxies.database.refuse();
        each.proxies.database.comeBack();
        return "cut";
      });
      await each.checkWhole(tableRun, readers);
      expect(await each.countLoads(tableRun)).toBe(1);
    }),
  timeoutMs,
);

test.concurrent(
  "a cancel in the middle of both rooms' parts ends the import and leaves nothing",
  () =>
    withDivided(async (each) => {
      each.startDaemonHere("daemon");
      const readers = await each.begin();
      const before = (await each.readTable(each.tableId))?.lastId;
      let tableRun = 0;
      const struck = strikeAt(each.proxies, inItsRows, async () => {
        await until("its run is known", () => tableRun > 0);
        await each.cancel(tableRun);
        return undefined;
      });
      const letGo = each.holdUploads("owner");
      tableRun = await each.run(each.tableId);
      await struck;
      letGo();
      expect((await each.ended(tableRun)).state).toBe("cancelled");
      await until("the room is done with it", async () => {
        const transfer = await each.readTransfer(tableRun);
        return transfer?.state === "cancelled";
      });
      await each.checkNothingLeft();
      expect((await readers.stop())["warehouse"]).toEqual([glanceOf(firstRows)]);
      expect((await each.readTable(each.tableId))?.lastId).toBe(before);
    }),
  timeoutMs,
);
