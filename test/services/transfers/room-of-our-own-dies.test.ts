import { join } from "node:path";
import { eq } from "drizzle-orm";
import pg from "pg";
import { expect, test } from "vitest";
import { transfers } from "../../../drizzle/schema/transfers.ts";
import { startRoomProcess } from "../../../server/commands/room-processes.ts";
import { createDatabase } from "../../../server/services/databases/create-database.ts";
import { enqueueTransfers } from "../../../server/services/transfers/enqueue-transfers.ts";
import { releaseTransfers } from "../../../server/services/transfers/release-transfers.ts";
import { createSourceDatabase } from "../../connectors/support.ts";
import { startNullWarehouse } from "../../support/null-warehouse.ts";
import { createDataDir, removeDataDir } from "../../support/start-maestro.ts";
import { until } from "../../support/until.ts";
import { insertImportTable, insertTableRun } from "./fixture.ts";
import { actor, openTransferDeps } from "./support.ts";

test("a room that its daemon sees die gives up its transfers at once, and the next room takes them", async () => {
  const [opened, source, warehouse, dataDir] = await Promise.all([
    openTransferDeps(),
    createSourceDatabase(),
    startNullWarehouse(),
    createDataDir(),
  ]);
  const { deps, client } = opened;
  const pids: number[] = [];
  const log = {
    warn: () => undefined,
    info: ({ roomPid }: { roomPid: number }) => pids.push(roomPid),
  };
  const lock = new pg.Client({ connectionString: source.connectionString });
  await source.query("create table big (id int)");
  await lock.connect();
  // The import waits for it.
  await lock.query("begin; lock table big in access exclusive mode");
  const held: { until: Date | null; owner: string | null }[] = [];
  const room = startRoomProcess({
    main: join(import.meta.dirname, "../../../server/main.ts"),
    environment: {
      ...process.env,
      MAESTRO_DATA_DIR: dataDir,
      MAESTRO_DB_CONNECT: client.connectionString,
      MAESTRO_LOCAL_CLOUD_URL: warehouse.url,
      MAESTRO_SECRET: "a secret of the tests",
      MAESTRO_LOG_LEVEL: "error",
    },
    log: log as never,
    onDeath: async (roomId) => {
      await releaseTransfers(deps, roomId);
      held.push(await leaseOf());
    },
  });
  const leaseOf = async () => {
    const [row] = await deps.db.select().from(transfers);
    return { until: row?.leaseUntil ?? null, owner: row?.leaseOwner ?? null };
  };
  try {
    const input = { name: "source", ...source.address };
    const { id } = await createDatabase(deps, input, actor);
    const table = await insertImportTable(client, { importDatabaseId: id, importTable: "big" });
    const tableRun = await insertTableRun(client, table);
    await enqueueTransfers(deps.db, [tableRun]);
    deps.changes.publish({ noun: "transfer", id: null });
    await until("a room has the transfer", async () => (await leaseOf()).owner !== null);
    const before = await leaseOf();

    process.kill(pids[0] ?? 0, "SIGKILL");
    await until("the daemon has heard of it", () => held.length > 0);
    expect(held[0]?.owner).toBe(before.owner);
    expect(held[0]?.until?.getTime()).toBeLessThan(before.until?.getTime() ?? 0);
    await until(
      "the next room has the transfer",
      async () => (await leaseOf()).owner !== before.owner,
    );
    const [row] = await deps.db
      .select()
      .from(transfers)
      .where(eq(transfers.tableRunId, tableRun.id));
    expect(row).toMatchObject({ state: "running", attempt: 2 });
  } finally {
    await lock.end();
    await room.stop();
    await Promise.all([opened.close(), source.drop(), warehouse.close()]);
    await removeDataDir(dataDir);
  }
}, 90_000);
