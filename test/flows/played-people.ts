import { asc, eq } from "drizzle-orm";
import { databases, tables } from "../../drizzle/schema/tables.ts";
import { selectWaitingUpload } from "../../server/db/deliveries.ts";
import { readImportContext } from "../../server/db/transfer-contexts.ts";
import { settleTransfer } from "../../server/db/transfers.ts";
import type { Deps } from "../../server/services/deps.ts";
import { deliverUpload } from "../../server/services/runs/deliver-upload.ts";
import { claimTransfer } from "../../server/services/transfers/claim-transfer.ts";
import { identifySource } from "../../server/services/transfers/identify-source.ts";
import { publishTransfer } from "../../server/services/transfers/publish-transfer.ts";
import { stagingPrefix } from "../../server/services/transfers/remove-staged-objects.ts";
import { startLoop } from "../../server/support/loop.ts";
import type { NullWarehouse } from "../support/null-warehouse.ts";

/*
 * Those whom the engine waits for, without their work: a room that stages three rows for each import
 * at once, and a person who uploads a file for each external table that waits.
 */

/** How many rows each import stages: what the null warehouse says that it loaded. */
const stagedRows = 3;

export async function insertSource(deps: Pick<Deps, "db">): Promise<number> {
  const [source] = await deps.db
    .insert(databases)
    .values({ name: "s", kind: "postgres", host: "h", port: 1, database: "s", username: "u" })
    .returning();
  return source!.id;
}

export function playPeople(
  deps: Deps,
  warehouse: Pick<NullWarehouse, "objects">,
): { stop(): Promise<void> } {
  const loop = startLoop({
    name: "people",
    log: deps.log,
    periodMs: 500,
    body: async () => {
      await stageImports(deps, warehouse);
      await uploadFiles(deps, warehouse);
    },
  });
  const unsubscribe = deps.changes.subscribe(({ noun }) => {
    if (noun === "transfer" || noun === "tableRun") loop.wake();
  });
  return {
    stop() {
      unsubscribe();
      return loop.stop();
    },
  };
}

async function stageImports(deps: Deps, { objects }: Pick<NullWarehouse, "objects">) {
  for (;;) {
    const claim = await claimTransfer(deps, "played room");
    if (!claim) return;
    const context = (await readImportContext(deps.db, claim.tableRunId))!;
    const name = `${stagingPrefix(claim.tableRunId)}${claim.fence}/rows.csv`;
    objects.set(name, 24);
    const { lastId } = context;
    const result = {
      objects: [name],
      format: "CSV" as const,
      schema: [],
      rows: stagedRows,
      lastId: String(Number(lastId ?? 0) + stagedRows),
      fromLastId: lastId,
      watermark: lastId,
      source: identifySource(context.definition),
      nullMarker: null,
    };
    await settleTransfer(deps.db, claim, { state: "succeeded", result, bytes: 24 });
    publishTransfer(deps, claim);
  }
}

async function uploadFiles(deps: Deps, { objects }: Pick<NullWarehouse, "objects">) {
  const external = await deps.db
    .select({ id: tables.id, name: tables.name })
    .from(tables)
    .where(eq(tables.kind, "external"))
    .orderBy(asc(tables.id));
  for (const { id, name } of external) {
    const waiting = await selectWaitingUpload(deps.db, id);
    if (waiting === null) continue;
    const file = `uploads/d.${name}/${waiting.id}.csv`;
    objects.set(file, 24);
    await deliverUpload(deps, waiting.id, [file]);
  }
}
