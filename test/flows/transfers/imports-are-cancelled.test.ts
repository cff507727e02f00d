import { expect, test } from "vitest";
import { databaseKinds } from "../../../shared/database.ts";
import { until } from "../../support/until.ts";
import { firstRows, glanceOf } from "./import-case.ts";
import { roomSites } from "./import-sites.ts";
import { strikeAt } from "./sites.ts";
import { createCases, inRounds, inTurn, timeoutMs } from "./with-cases.ts";

/*
 * The run of an import is cancelled at each site, while the network does not go on there. It ends, with
 * the table and its watermark as they were, and with nothing left anywhere.
 */

const { withImport } = createCases();

const sites = databaseKinds.flatMap((kind) =>
  Object.entries(roomSites(kind)).map(([at, site]) => ({ kind, at, site })),
);

test.concurrent.each(inRounds(inTurn(sites)))(
  "$kind: a cancel $at ends an import and leaves nothing",
  ({ kind, site }) =>
    withImport(kind, async (each) => {
      each.startDaemonHere("daemon");
      await each.startRoom("room");
      const readers = await each.begin();
      const before = (await each.readTable(each.tableId))?.lastId;
      let tableRun = 0;
      const struck = strikeAt(each.proxies, site, async () => {
        await until("its run is known", () => tableRun > 0);
        // The commit may be that of a room that looked and found nothing yet.
        await until("it is queued", async () => (await each.readTransfer(tableRun)) !== null);
        await each.cancel(tableRun);
        // What is held at a commit is the room's own last word: it has to be said.
        if ("commit" in site) return undefined;
        await until("the room has let go", async () => {
          return (await each.readTransfer(tableRun))?.state === "cancelled";
        });
        return undefined;
      });
      tableRun = await each.run(each.tableId);
      await struck;
      expect((await each.ended(tableRun)).state).toBe("cancelled");
      await until("the room is done with it", async () => {
        const transfer = await each.readTransfer(tableRun);
        return transfer?.state === "cancelled" || transfer?.state === "succeeded";
      });
      await each.checkNothingLeft();
      expect((await readers.stop())["warehouse"]).toEqual([glanceOf(firstRows)]);
      expect((await each.readTable(each.tableId))?.lastId).toBe(before);
    }),
  timeoutMs,
);
