import { expect, test } from "vitest";
import { until } from "../../support/until.ts";
import type { DividedCase, Role } from "./divided-case.ts";
import { type Site, strikeAt } from "./sites.ts";
import { createCases, everyOther, inRounds, timeoutMs as ofOneRoom } from "./with-cases.ts";

/*
 * Two rooms read one import, and one of them is struck at each site of what it does. Where it is the one
 * with the snapshot, the other begins anew; where it is the one that helps, its part is read again.
 */

const { withDivided } = createCases();

const timeoutMs = 2 * ofOneRoom;

const joins = "set transaction snapshot";
const shares = "pg_export_snapshot";
const begins = /^POST .*uploadType=resumable/;
const uploads = /^PUT .*upload_id=/;
const claims = "fence = c.fence + 1, lease_owner = ";

const helperSites: Record<string, Site> = {
  "as its claim is committed": { commit: `${claims}$`, phase: "after" },
  "before it has the snapshot": { sends: joins, phase: "before" },
  "as it has the snapshot": { sends: joins, phase: "answered" },
  "as half its rows have come": { sends: joins, phase: "answered", bytes: 40_000 },
  "as its upload begins": { request: begins, phase: "before" },
  "in the middle of its upload": { request: uploads, phase: "body", bytes: 5_000 },
  "as its upload is whole": { request: uploads, phase: "after" },
  "before its part is settled": { commit: `"objects" = `, phase: "before" },
  "as its part is settled": { commit: `"objects" = `, phase: "after" },
};

const ownerSites: Record<string, Site> = {
  "as its snapshot is shared": { sends: shares, phase: "answered" },
  "before the parts are written": { commit: `insert into "transfer_parts"`, phase: "before" },
  "as the parts are written": { commit: `insert into "transfer_parts"`, phase: "after" },
  "as its claim of a part is committed": { commit: `${claims}t`, phase: "after" },
  "as half the rows of its part have come": { sends: shares, phase: "answered", bytes: 40_000 },
  "in the middle of its upload": { request: uploads, phase: "body", bytes: 5_000 },
  "as its upload is whole": { request: uploads, phase: "after" },
  "before its part is settled": { commit: `"objects" = `, phase: "before" },
  "as its part is settled": { commit: `"objects" = `, phase: "after" },
  "before all is settled": { commit: `"result" = `, phase: "before" },
  "as all is settled": { commit: `"result" = `, phase: "after" },
};

const sitesOf = (sites: Record<string, Site>) =>
  inRounds(everyOther(Object.entries(sites).map(([at, site]) => ({ at, site }))));

/** The other one waits with its uploads until then, so that there is a part left for this one. */
async function strikeOne(each: DividedCase, role: Role, site: Site, needsTurn: boolean) {
  each.startDaemonHere("daemon");
  const readers = await each.begin();
  let killed = "";
  const struck = strikeAt(each.proxies, site, async () => {
    const room = await each.roomOf(role);
    killed = room.name;
    await room.end("SIGKILL");
    return "cut";
  });
  const other = role === "owner" ? "helper" : "owner";
  const letGo = needsTurn ? each.holdUploads(other) : () => undefined;
  const tableRun = await each.run(each.tableId);
  await struck;
  await each.replaceRoom(killed);
  letGo();
  await each.checkWhole(tableRun, readers);
  expect(await each.countLoads(tableRun)).toBe(1);
  expect((await each.readParts()).length).toBeGreaterThan(5);
  return (await each.readTransfer(tableRun))?.attempt;
}

test.concurrent.each(sitesOf(helperSites))(
  "a room that helps is killed $at, and its part is read again",
  ({ site }) =>
    withDivided(async (each) => {
      expect(await strikeOne(each, "helper", site, true)).toBe(1);
    }),
  timeoutMs,
);

test.concurrent.each(sitesOf(ownerSites))(
  "the room with the snapshot is killed $at, and the other begins anew",
  ({ at, site }) =>
    withDivided(async (each) => {
      const isAlone = "commit" in site && !site.commit.includes("objects");
      const attempt = await strikeOne(each, "owner", site, !isAlone);
      expect(attempt).toBe(at === "as all is settled" ? 1 : 2);
    }),
  timeoutMs,
);

test.concurrent(
  "the room with the snapshot is killed as it waits for the other, which begins anew",
  () =>
    withDivided(async (each) => {
      each.startDaemonHere("daemon");
      const readers = await each.begin();
      const letGo = each.holdUploads("helper");
      const tableRun = await each.run(each.tableId);
      await until("only what the other has is left", async () => {
        const open = (await each.readParts()).filter(({ state }) => state !== "done");
        const owner = (await each.roomOf("owner")).name;
        const isTheirs = open.every(
          ({ leaseOwner }) => leaseOwner !== null && leaseOwner !== owner,
        );
        return open.length > 0 && isTheirs;
      });
      const owner = await each.roomOf("owner");
      await owner.end("SIGKILL");
      await each.replaceRoom(owner.name);
      letGo();
      await each.checkWhole(tableRun, readers);
      expect(await each.countLoads(tableRun)).toBe(1);
    }),
  timeoutMs,
);
