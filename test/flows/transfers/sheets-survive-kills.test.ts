import { expect, test } from "vitest";
import { type Proxies, type Site, type Strike, strikeAt } from "./sites.ts";
import { createCases, timeoutMs } from "./with-cases.ts";

/*
 * A sheet's room is killed once at each site. Another room has to write it as if nobody had died: nobody
 * sees a half sheet, and no second one, and no second spreadsheet.
 */

const { withSheet } = createCases();

const written = /^POST .*values:batchUpdate/;
const changed = /^POST .*\/spreadsheets\/[^/:]+:batchUpdate/;

/** The last of these is where it is struck; those before it are passed in turn. */
const sites: [at: string, ...sites: Site[]][] = [
  ["as its claim is committed", { commit: "pg_advisory_xact_lock", phase: "after" }],
  ["before its sheet is begun", { request: changed, phase: "before" }],
  ["as its sheet is begun", { request: changed, phase: "after" }],
  ["before its first rows", { request: written, phase: "before" }],
  ["as some of its rows are written", { request: written, phase: "after" }],
  [
    "before it is shown",
    { request: written, phase: "after" },
    { request: changed, phase: "before" },
  ],
  ["as it is shown", { request: written, phase: "after" }, { request: changed, phase: "after" }],
  ["before it is settled", { commit: `"result" = `, phase: "before" }],
  ["as it is settled", { commit: `"result" = `, phase: "after" }],
];

/** Has it done at the last site, once the others were reached. */
async function strikeAfter(
  proxies: Proxies,
  [site, ...others]: Site[],
  strike: Strike,
): Promise<void> {
  if (!site) return;
  if (others.length === 0) return strikeAt(proxies, site, strike);
  let next: Promise<void> | undefined;
  await strikeAt(proxies, site, async () => {
    next = strikeAfter(proxies, others, strike);
    return undefined;
  });
  await next;
}

test.concurrent.each(sites)(
  "its room is killed %s, and another room writes the sheet",
  (_at, ...chain) =>
    withSheet(async (each) => {
      each.startDaemonHere("daemon");
      const room = await each.startRoom("first");
      const readers = await each.begin();
      const struck = strikeAfter(each.proxies, chain, async () => {
        await room.end("SIGKILL");
        return "cut";
      });
      const tableRun = await each.run(each.tableId);
      await struck;
      await each.releaseRoom("first");
      await each.startRoom("second");
      await each.checkWhole(tableRun, readers);
      expect(await each.countSpreadsheets()).toBe(1);
    }),
  timeoutMs,
);

test.concurrent.each(["before", "after"] as const)(
  "a room that is killed %s its first spreadsheet is made leaves one in the end",
  (phase) =>
    withSheet(async (each) => {
      each.startDaemonHere("daemon");
      const room = await each.startRoom("first");
      const made = { request: /^POST .*\/drive\/v3\/files/, phase };
      const struck = strikeAt(each.proxies, made, async () => {
        await room.end("SIGKILL");
        return "cut";
      });
      const tableRun = await each.run(each.tableId);
      await struck;
      await each.releaseRoom("first");
      await each.startRoom("second");
      expect(await each.ended(tableRun)).toEqual({ state: "succeeded", reason: null });
      expect(await each.glance()).toBe("11");
      expect(await each.countSpreadsheets()).toBe(1);
    }),
  timeoutMs,
);
