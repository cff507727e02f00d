import { pino } from "pino";
import { createWarehouse } from "../../server/connectors/bigquery.ts";
import { createObjectStore } from "../../server/connectors/gcs.ts";
import { createGoogleClients } from "../../server/connectors/google-clients.ts";
import { createSheets } from "../../server/connectors/google-sheets.ts";
import type { ObjectStore } from "../../server/connectors/object-store.ts";
import type { Sheets } from "../../server/connectors/sheets.ts";
import type { Warehouse } from "../../server/connectors/warehouse.ts";
import { createChanges } from "../../server/db/changes.ts";
import { createDbClient } from "../../server/db/client.ts";
import type { Deps } from "../../server/services/deps.ts";
import { createSecretBox } from "../../server/support/crypto.ts";
import { noClouds } from "./no-clouds.ts";
import { noGit } from "./no-git.ts";
import { noSheets } from "./no-sheets.ts";
import { noSlack } from "./no-slack.ts";
import { roomDeps } from "./room-deps.ts";

export interface EngineDeps extends Deps {
  /** What the bucket in memory holds. */
  objects: Map<string, number>;
  close(): Promise<void>;
}

/** Google's clients on a warehouse of the tests and its bucket. */
export async function connectCloud(
  url: string,
  projectId = "test",
): Promise<{ warehouse: Warehouse; objectStore: ObjectStore; sheets: Sheets }> {
  const project = { projectId, location: "US" };
  const clients = await createGoogleClients({ ...project, localCloudUrl: url });
  const { bigquery, storage } = clients;
  return {
    sheets: createSheets({ ...clients, webUrl: url, folderId: null, random: Math.random }),
    warehouse: createWarehouse({ ...project, bigquery }),
    objectStore: createObjectStore({ storage, bucket: `${projectId}-bucket` }),
  };
}

/** The warehouse alone. */
export async function connectWarehouse(url: string): Promise<Warehouse> {
  return (await connectCloud(url)).warehouse;
}

/** Deps of an engine on a test's database, over Google's client and a null warehouse. */
export function createEngineDeps(options: {
  connectionString: string;
  warehouse: Warehouse;
  /** A bucket in memory where none is given. */
  objectStore?: ObjectStore;
  /** Refuses all where none is given. */
  sheets?: Sheets;
  processId?: string;
  instanceId?: string;
  applicationName?: string;
  limits?: Partial<Deps["limits"]>;
  logLevel?: string;
}): EngineDeps {
  const log = pino({ level: options.logLevel ?? "silent" }, pino.destination(2));
  const client = createDbClient({
    connectionString: options.connectionString,
    poolSize: 6,
    applicationName: options.applicationName ?? "test engine",
  });
  const changes = createChanges(options.connectionString, log);
  const objects = new Map<string, number>();
  return {
    db: client.db,
    pool: client.pool,
    log,
    changes,
    warehouse: options.warehouse,
    objectStore: options.objectStore ?? createMemoryStore(objects),
    sheets: options.sheets ?? noSheets,
    clouds: noClouds,
    slack: noSlack,
    git: noGit,
    sqlParser: {
      references: () => Promise.resolve({ ast: [], astError: null, scanner: [] }),
      close: () => Promise.resolve(),
    },
    secretBox: createSecretBox("test"),
    givenSettings: {},
    now: () => new Date(),
    random: Math.random,
    instanceId: options.instanceId ?? "test",
    processId: options.processId ?? `test ${process.pid}`,
    limits: {
      concurrentTableRuns: 16,
      concurrentTableRunsPerRun: 16,
      exportMaxRows: 1_000_000,
      exportMaxBytes: 2 ** 30,
      importDividedFrom: 0,
      signedUrlSeconds: 3600,
      extractRetentionDays: 30,
      sheetRows: 200_000,
      sheetBytes: 20_000_000,
      runRetentionDays: 90,
      ...options.limits,
    },
    ...roomDeps(client.db),
    objects,
    async close() {
      await changes.close();
      await client.close();
    },
  };
}

/** Object names and sizes, without contents: the null warehouse reads none. */
function createMemoryStore(objects: Map<string, number>): ObjectStore {
  return {
    bucket: "test-bucket",
    async upload(name, content) {
      let bytes = 0;
      for await (const chunk of content) bytes += (chunk as Buffer).length;
      objects.set(name, bytes);
      return bytes;
    },
    download: () => Promise.reject(new Error("no contents here")),
    list: (prefix) =>
      Promise.resolve(
        [...objects]
          .filter(([name]) => name.startsWith(prefix))
          .map(([name, bytes]) => ({ name, bytes }))
          .sort((a, b) => (a.name < b.name ? -1 : 1)),
      ),
    listPage: () => Promise.resolve({ objects: [], nextPageToken: null }),
    remove: (names) => {
      for (const name of names) objects.delete(name);
      return Promise.resolve();
    },
    signedReadUrl: (name) => Promise.resolve(`http://bucket/${name}`),
    signedWriteUrl: (name) => Promise.resolve(`http://bucket/${name}`),
    ensureBucket: () => Promise.resolve(),
  };
}
