import { pino } from "pino";
import type { StoredTable } from "../../../server/connectors/warehouse.ts";
import { createChanges } from "../../../server/db/changes.ts";
import type { Deps } from "../../../server/services/deps.ts";
import { createSecretBox } from "../../../server/support/crypto.ts";
import { openTestDb } from "./fixture.ts";

export const actor = { userId: null, name: "test" };

const empty = { schema: [], rowCount: 0, bytes: 0, modifiedAt: "" };

/** What the services of transfers and databases reach, on a database of the test's own. */
export async function openTransferDeps(objectStore?: Deps["objectStore"]) {
  const client = await openTestDb();
  const log = pino({ level: "silent" });
  const changes = createChanges(client.connectionString, log);
  const deps = {
    db: client.db,
    pool: client.pool,
    log,
    changes,
    secretBox: createSecretBox("a secret of the tests"),
    givenSettings: {},
    processId: "test process",
    instanceId: "test",
    random: Math.random,
    warehouse: { projectId: "test", getTable: async (): Promise<StoredTable> => empty },
    objectStore,
    limits: { importDividedFrom: 0 },
  };
  return {
    client,
    deps: deps as unknown as typeof deps & Deps,
    async close() {
      await changes.close();
      await client.close();
    },
  };
}
