import { expect, test } from "vitest";
import { until } from "../../support/until.ts";
import { exportSites } from "./export-sites.ts";
import { roomSites } from "./import-sites.ts";
import { type Site, strikeAt } from "./sites.ts";
import type { TransferCase } from "./transfer-case.ts";
import type { Readers } from "./watch-readers.ts";
import { createCases, timeoutMs } from "./with-cases.ts";

const { withImport, withExport } = createCases();

function siteOf(sites: Record<string, Site>, at: string): Site {
  const site = sites[at];
  if (!site) throw new Error(`there is no site ${at}`);
  return site;
}

type Whole = TransferCase & {
  tableId: number;
  begin(): Promise<Readers>;
  checkWhole(tableRun: number, readers: Readers): Promise<void>;
};

/** A room is stopped, loses its claim, and wakes up when another has done its work or does it. */
async function sleepAt(each: Whole, site: Site): Promise<void> {
  each.startDaemonHere("daemon");
  const room = await each.startRoom("sleeper");
  const readers = await each.begin();
  const struck = strikeAt(each.proxies, site, async () => {
    room.child.kill("SIGSTOP");
    return undefined;
  });
  const tableRun = await each.run(each.tableId);
  await struck;
  await each.startRoom("second");
  await until("the second has it", async () => {
    const { leaseOwner = null, state } = (await each.readTransfer(tableRun)) ?? {};
    // A renewal may have been on its way when it fell asleep.
    if (leaseOwner === "sleeper") await each.expireLeases();
    return leaseOwner === "second" || (state !== "running" && state !== "queued");
  });
  await each.ended(tableRun);
  const before = await each.readTransfer(tableRun);
  room.child.kill("SIGCONT");
  await until("the sleeper has found out", () =>
    /"msg":"transfer: (stopped|settled)".*$|"isOurs":false/m.test(afterSleep(room.output())),
  );
  await each.checkWhole(tableRun, readers);
  expect(await each.readTransfer(tableRun)).toEqual(before);
}

/** What it has logged of its second transfer. */
function afterSleep(output: string): string {
  return output.slice(output.lastIndexOf('"msg":"transfer: claimed"'));
}

test.concurrent.each([
  "as half the rows have come",
  "in the middle of its upload",
  "as its upload is whole",
])(
  "a room that sleeps %s, past its lease, changes nothing when it wakes",
  (at) => withImport("postgres", (each) => sleepAt(each, siteOf(roomSites("postgres"), at))),
  timeoutMs,
);

test.concurrent.each([
  { kind: "postgres", mode: "replace", at: "as half the rows are written" },
  { kind: "postgres", mode: "append", at: "before the commit" },
  { kind: "mysql", mode: "replace", at: "as half the rows are written" },
  { kind: "mysql", mode: "append", at: "before the commit" },
] as const)(
  "$kind, $mode: a room that sleeps $at of an export, past its lease, adds nothing when it wakes",
  ({ kind, mode, at }) =>
    withExport(kind, mode, (each) => sleepAt(each, siteOf(exportSites(kind, mode), at))),
  timeoutMs,
);

test.concurrent(
  "a room that stands still in the middle of a claim keeps no other from claiming",
  () =>
    withImport("postgres", async (each) => {
      each.startDaemonHere("daemon");
      const room = await each.startRoom("sleeper");
      const readers = await each.begin();
      const waking = Promise.withResolvers<void>();
      const asleep = Promise.withResolvers<void>();
      const site: Site = { commit: "pg_advisory_xact_lock", phase: "before" };
      const struck = strikeAt(each.proxies, site, async () => {
        room.child.kill("SIGSTOP");
        asleep.resolve();
        await waking.promise;
        return "cut";
      });
      await asleep.promise;
      await each.startRoom("second");
      await each.checkWhole(await each.run(each.tableId), readers);
      waking.resolve();
      await struck;
    }),
  timeoutMs,
);

test.concurrent(
  "an import that kills three rooms is given up, and says so",
  () =>
    withImport("mysql", async (each) => {
      each.startDaemonHere("daemon");
      const first = await each.startRoom("room 1");
      const readers = await each.begin();
      const before = (await each.readTable(each.tableId))?.lastId;
      const site = siteOf(roomSites("mysql"), "as the first rows come");
      let tableRun = 0;
      for (const attempt of [1, 2, 3]) {
        const dying = attempt === 1 ? first : await each.startRoom(`room ${attempt}`);
        const struck = strikeAt(each.proxies, site, async () => {
          await dying.end("SIGKILL");
          return "cut";
        });
        if (attempt === 1) tableRun = await each.run(each.tableId);
        await struck;
        await each.releaseRoom(`room ${attempt}`);
      }
      await each.startRoom("room 4");
      expect(await each.ended(tableRun)).toEqual({
        state: "failed",
        reason: "given up: the room of each of 3 attempts died",
      });
      await readers.stop();
      expect((await each.readTable(each.tableId))?.lastId).toBe(before);
      await each.checkNothingLeft();
    }),
  timeoutMs,
);

test.concurrent.each(["as half the rows have come", "in the middle of its upload"])(
  "Maestro's PostgreSQL goes away %s, and the import goes on",
  (at) =>
    withImport("postgres", async (each) => {
      each.startDaemonHere("daemon");
      const room = await each.startRoom("room");
      const readers = await each.begin();
      const struck = strikeAt(each.proxies, siteOf(roomSites("postgres"), at), async () => {
        each.proxies.maestro.refuse();
        return undefined;
      });
      const tableRun = await each.run(each.tableId);
      await struck;
      await until("the room cannot settle it", () => /cannot be settled now/.test(room.output()));
      each.proxies.maestro.comeBack();
      await each.checkWhole(tableRun, readers);
      expect((await each.readTransfer(tableRun))?.attempt).toBe(1);
    }),
  timeoutMs,
);

test.concurrent.each(["postgres", "mysql"] as const)(
  "%s: a source that goes away for a while is read again when it is back",
  (kind) =>
    withImport(kind, async (each) => {
      each.startDaemonHere("daemon");
      await each.startRoom("room");
      const readers = await each.begin();
      const site = siteOf(roomSites(kind), "as half the rows have come");
      const struck = strikeAt(each.proxies, site, async () => {
        each.proxies.database.refuse();
        return "cut";
      });
      const tableRun = await each.run(each.tableId);
      await struck;
      await until("a second attempt has failed too", async () => {
        const transfer = await each.readTransfer(tableRun);
        return transfer?.state === "queued" && transfer.attempt === 2;
      });
      each.proxies.database.comeBack();
      await each.checkWhole(tableRun, readers);
    }),
  timeoutMs,
);
