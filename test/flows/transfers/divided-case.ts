import { eq } from "drizzle-orm";
import { jobs } from "../../../drizzle/schema/runs.ts";
import { transferParts } from "../../../drizzle/schema/transfer-parts.ts";
import { transfers } from "../../../drizzle/schema/transfers.ts";
import { until } from "../../support/until.ts";
import type { FleetProcess } from "./fleet.ts";
import { openImportCase } from "./import-case.ts";
import type { Surroundings } from "./surroundings.ts";

/** Of the room that has the transfer and its snapshot, and of the one that helps it. */
export type Role = "owner" | "helper";

/** So that 20,000 rows go in eight parts, and the first ten in one. */
const dividedFrom = 1_400_000;

/** As an import case, with two rooms that share what is imported after the first rows. */
export async function openDividedCase(surroundings: Surroundings) {
  const opened = await openImportCase(surroundings, "postgres", dividedFrom);
  const { deps, place, name, proxies } = opened;
  const rooms = new Map<string, FleetProcess>();
  let owner: string | null = null;
  /** Of the transfer that runs, or ran last. */
  const readOwner = async () => {
    const rows = await deps.db.select().from(transfers).where(eq(transfers.state, "running"));
    owner = rows[0]?.leaseOwner ?? owner;
    return owner;
  };
  const readParts = () => deps.db.select().from(transferParts).orderBy(transferParts.number);
  return {
    ...opened,
    readParts,
    async begin() {
      for (const room of ["one", "two"]) rooms.set(room, await opened.startRoom(room));
      const readers = await opened.begin();
      await place.query(`analyze ${name}`);
      owner = null;
      return readers;
    },
    async run(tableId: number) {
      const tableRun = await opened.run(tableId);
      await until("a room has it", async () => (await readOwner()) !== null);
      return tableRun;
    },
    /** As the daemon does: another one sweeps the disk, too. */
    async replaceRoom(killed: string) {
      await opened.releaseRoom(killed);
      await opened.startRoom("three");
    },
    /** Which of the rooms has this role now. */
    async roomOf(role: Role): Promise<FleetProcess> {
      const has = await readOwner();
      const found = [...rooms].find(([room]) => (room === has) === (role === "owner"));
      if (!has || !found) throw new Error(`no room is ${role}`);
      return found[1];
    },
    /** Uploads of this room's parts wait from now on, until they are let go. */
    holdUploads(role: Role): () => void {
      const letGo = Promise.withResolvers<void>();
      const next = proxies.cloud.onRequest;
      proxies.cloud.onRequest = async (request) => {
        const part = /%2F\d+-(\d+)\.\d+%2F/.exec(request.path)?.[1];
        if (part && request.method === "POST" && request.phase === "before") {
          const isPart = eq(transferParts.id, Number(part));
          const [row] = await deps.db.select().from(transferParts).where(isPart);
          const isOwners = row?.leaseOwner === (await readOwner());
          if (isOwners === (role === "owner")) await letGo.promise;
        }
        return next(request);
      };
      return letGo.resolve;
    },
    async countLoads(tableRunId: number): Promise<number> {
      const rows = await deps.db.select().from(jobs).where(eq(jobs.tableRunId, tableRunId));
      return rows.filter(({ step }) => step === "load").length;
    },
  };
}

export type DividedCase = Awaited<ReturnType<typeof openDividedCase>>;
