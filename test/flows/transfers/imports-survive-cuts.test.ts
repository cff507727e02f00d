import { expect, test } from "vitest";
import { databaseKinds } from "../../../shared/database.ts";
import { roomSites } from "./import-sites.ts";
import { strikeAt } from "./sites.ts";
import { createCases, inRounds, inTurn, timeoutMs } from "./with-cases.ts";

/* A connection is cut once at each site of an import. The room tries again, and all of it arrives once. */

const { withImport } = createCases();

const sites = databaseKinds.flatMap((kind) =>
  Object.entries(roomSites(kind)).map(([at, site]) => ({ kind, at, site })),
);

test.concurrent.each(inRounds(inTurn(sites)))(
  "$kind: its connection is cut $at, and it arrives all the same",
  ({ kind, site }) =>
    withImport(kind, async (each) => {
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

const refusals = [429, 503].map((status) => ({ status }));

test.concurrent.each(refusals)(
  "a bucket that answers $status is asked again",
  ({ status }) =>
    withImport("postgres", async (each) => {
      each.startDaemonHere("daemon");
      await each.startRoom("room");
      const readers = await each.begin();
      const seen = { begin: 0, content: 0 };
      each.proxies.cloud.onRequest = ({ method, path, phase }) => {
        if (phase !== "before") return undefined;
        const what = method === "PUT" && path.includes("upload_id=") ? "content" : "begin";
        if (what === "begin" && !path.includes("uploadType=resumable")) return undefined;
        seen[what] += 1;
        return seen[what] <= 2 ? { status } : undefined;
      };
      const tableRun = await each.run(each.tableId);
      await each.checkWhole(tableRun, readers);
      expect(seen.begin).toBeGreaterThan(2);
      expect(seen.content).toBeGreaterThan(2);
    }),
  timeoutMs,
);
