import { test } from "vitest";
import { databaseKinds } from "../../../shared/database.ts";
import { exportSites } from "./export-sites.ts";
import { strikeAt } from "./sites.ts";
import { createCases, inRounds, inTurn, timeoutMs } from "./with-cases.ts";

/*
 * An export is struck once at each site, into one kind of database or the other; in the soak, into both.
 * Another room has to end it as if nobody had died: what was added is not added twice, and nobody sees a
 * part.
 */

const { withExport } = createCases();

const sites = databaseKinds.flatMap((kind) =>
  (["replace", "append"] as const).flatMap((mode) =>
    Object.entries(exportSites(kind, mode)).map(([at, site]) => ({ kind, mode, at, site })),
  ),
);

test.concurrent.each(inRounds(inTurn(sites)))(
  "$kind, $mode: its room is killed $at, and another room exports it",
  ({ kind, mode, site }) =>
    withExport(kind, mode, async (each) => {
      each.startDaemonHere("daemon");
      const room = await each.startRoom("first");
      const readers = await each.begin();
      const struck = strikeAt(each.proxies, site, async () => {
        await room.end("SIGKILL");
        return "cut";
      });
      const tableRun = await each.run(each.tableId);
      await struck;
      await each.releaseRoom("first");
      await each.startRoom("second");
      await each.checkWhole(tableRun, readers);
    }),
  timeoutMs,
);

test.concurrent.each(inRounds(inTurn(sites)))(
  "$kind, $mode: its connection is cut $at, and it is exported all the same",
  ({ kind, mode, site }) =>
    withExport(kind, mode, async (each) => {
      each.startDaemonHere("daemon");
      await each.startRoom("room");
      const readers = await each.begin();
      const struck = strikeAt(each.proxies, site, async () => "cut");
      const tableRun = await each.run(each.tableId);
      await struck;
      await each.checkWhole(tableRun, readers);
    }),
  timeoutMs,
);
