import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { users } from "../../drizzle/schema/users.ts";
import { createWarehouse } from "../../server/connectors/bigquery.ts";
import { createObjectStore } from "../../server/connectors/gcs.ts";
import { createGoogleClients } from "../../server/connectors/google-clients.ts";
import { createSheets } from "../../server/connectors/google-sheets.ts";
import { createSqlParser } from "../../server/connectors/sql-parser.ts";
import { createChanges } from "../../server/db/changes.ts";
import { createDbClient } from "../../server/db/client.ts";
import { startLocalCloud } from "../../server/embedded/local-cloud.ts";
import type { Deps } from "../../server/services/deps.ts";
import { createSecretBox } from "../../server/support/crypto.ts";
import { createTestDatabase } from "../support/database.ts";
import { noClouds } from "../support/no-clouds.ts";
import { noGit } from "../support/no-git.ts";
import { noSlack } from "../support/no-slack.ts";
import { roomDeps } from "../support/room-deps.ts";

/** Everything real in one process: a database of the test's own and a local cloud of its own. */
export async function openLocalDeps(options: { logLevel?: string } = {}) {
  const log = pino({ level: options.logLevel ?? "silent" }, pino.destination(2));
  const directory = await mkdtemp(join(tmpdir(), "maestro-test-cloud-"));
  const [database, cloud] = await Promise.all([
    createTestDatabase(),
    startLocalCloud({ dataDir: directory, host: "127.0.0.1", port: 0, log, standalone: true }),
  ]);
  const { connectionString } = database;
  const client = createDbClient({ connectionString, poolSize: 10, applicationName: "test flow" });
  const changes = createChanges(connectionString, log);
  const projectId = "maestro-local";
  const clients = await createGoogleClients({
    projectId,
    location: "US",
    localCloudUrl: cloud.url,
  });
  const sqlParser = createSqlParser({ log });
  const deps: Deps = {
    db: client.db,
    pool: client.pool,
    log,
    changes,
    warehouse: createWarehouse({ bigquery: clients.bigquery, projectId, location: "US" }),
    objectStore: createObjectStore({ storage: clients.storage, bucket: "maestro" }),
    sheets: createSheets({ ...clients, webUrl: cloud.url, folderId: null, random: Math.random }),
    clouds: noClouds,
    slack: noSlack,
    git: noGit,
    sqlParser,
    secretBox: createSecretBox("a secret of the tests"),
    givenSettings: {},
    now: () => new Date(),
    random: Math.random,
    instanceId: `t${randomBytes(4).toString("hex")}`,
    processId: `test ${process.pid}`,
    limits: {
      concurrentTableRuns: 8,
      concurrentTableRunsPerRun: 8,
      exportMaxRows: 1_000_000,
      exportMaxBytes: 2 ** 30,
      importDividedFrom: 0,
      signedUrlSeconds: 3600,
      extractRetentionDays: 30,
      sheetRows: 200_000,
      sheetBytes: 20_000_000,
      runRetentionDays: 90,
    },
    ...roomDeps(client.db),
  };
  await deps.objectStore.ensureBucket();
  const [admin] = await client.db
    .insert(users)
    .values({ email: "admin@example.com", isAdmin: true, disabled: false })
    .returning();
  return {
    deps,
    cloudUrl: cloud.url,
    adminUserId: admin!.id,
    async close() {
      await sqlParser.close();
      await changes.close();
      await client.close();
      await cloud.close();
      await database.drop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
