import { test } from "vitest";
import { databaseKinds } from "../../../shared/database.ts";
import { daemonSites, roomSites } from "./import-sites.ts";
import { strikeAt } from "./sites.ts";
import { createCases, inRounds, inTurn, timeoutMs } from "./with-cases.ts";

/*
 * An import is struck once at each site, from one kind of database or the other; in the soak, from both.
 * Another room or daemon has to end it as if nobody had died.
 */

const { withImport } = createCases();

const atRoom = databaseKinds.flatMap((kind) =>
  Object.entries(roomSites(kind)).map(([at, site]) => ({ kind, at, site })),
);

test.concurrent.each(inRounds(inTurn(atRoom)))(
  "$kind: its room is killed $at, and another room imports it",
  ({ kind, site }) =>
    withImport(kind, async (each) => {
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

const atDaemon = databaseKinds.flatMap((kind) =>
  Object.entries(daemonSites).map(([at, site]) => ({ kind, at, site })),
);

test.concurrent.each(inRounds(inTurn(atDaemon)))(
  "$kind: the daemon is killed $at, and another one goes on",
  ({ kind, site }) =>
    withImport(kind, async (each) => {
      const [daemon] = await Promise.all([each.startDaemon("first"), each.startRoom("room")]);
      const readers = await each.begin();
      const struck = strikeAt(each.proxies, site, async () => {
        await daemon.end("SIGKILL");
        return "cut";
      });
      const tableRun = await each.run(each.tableId);
      await struck;
      each.startDaemonHere("second");
      await each.checkWhole(tableRun, readers);
    }),
  timeoutMs,
);
