import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { MaestroError, messageOf } from "../shared/errors.ts";
import { settingKeys } from "../shared/settings.ts";
import type { Config } from "./config.ts";
import { cloudOptions } from "./connect-cloud.ts";
import { createGit } from "./connectors/git.ts";
import { connectRedis } from "./connectors/redis.ts";
import { createRedisLockStore } from "./connectors/redis-lock-store.ts";
import { createRedisRoomStore } from "./connectors/redis-room-store.ts";
import { createSlack } from "./connectors/slack.ts";
import { createSqlParser } from "./connectors/sql-parser.ts";
import { createChanges } from "./db/changes.ts";
import { createDbClient, type DbClient } from "./db/client.ts";
import { createPostgresLockStore } from "./db/held-locks.ts";
import { migrateDatabase } from "./db/migrate.ts";
import { startSharedClock } from "./db/shared-clock.ts";
import type { Deps } from "./services/deps.ts";
import { openInstance } from "./services/instance/open-instance.ts";
import { watchSecret } from "./services/instance/watch-secret.ts";
import { createPostgresRoomStore } from "./services/rooms/postgres-room-store.ts";
import { startLiveCloud } from "./services/settings/live-cloud.ts";
import { startLiveLimits } from "./services/settings/live-limits.ts";
import { createSecretBox } from "./support/crypto.ts";
import type { Log } from "./support/log.ts";

/** Where the state and the cloud are, after `start` has put up what was not named. */
export interface Surroundings {
  connectionString: string;
  /** Null where there is none. */
  localCloudUrl: string | null;
  secret: string;
  /** The superuser of the embedded PostgreSQL, where the sample project's source may be made. */
  embeddedPostgresUrl: string | null;
}

/**
 * Builds everything a role works with. Migrates first; `close` gives all of it back. `stop` is called
 * where the process must not go on, as its secret was rotated.
 */
export async function buildDeps(
  config: Config,
  surroundings: Surroundings,
  log: Log,
  stop: () => void,
): Promise<{ deps: Deps; close(): Promise<void> }> {
  const { connectionString } = surroundings;
  const client = createDbClient({
    connectionString,
    poolSize: config.pgPoolSize,
    applicationName: "maestro",
    maxRetries: config.pgMaxRetries,
  });
  await waitForDatabase(client, config.pgConnectionTimeoutSeconds, log);
  await migrateDatabase(connectionString, log);
  const secretBox = createSecretBox(surroundings.secret);
  const { instanceId } = await openInstance(client.db, secretBox);
  const changes = createChanges(connectionString, log);
  const sqlParser = createSqlParser({ log });
  const clock = await startSharedClock(client.pool, log);
  const stores = await openStores(config, client, instanceId, log);
  const kept = { db: client.db, secretBox, givenSettings: givenSettings(config) };
  const live = await startLiveLimits({ ...kept, changes, log });
  const { close: closeCloud, ...cloud } = await startLiveCloud(
    { ...kept, changes, log },
    cloudOptions(config, surroundings.localCloudUrl),
  );
  const deps: Deps = {
    ...kept,
    pool: client.pool,
    log,
    changes,
    ...cloud,
    git: createGit(join(config.dataDir, "git"), log),
    slack: createSlack({ apiUrl: config.slackUrl }),
    sqlParser,
    now: clock.now,
    random: Math.random,
    instanceId,
    processId: randomUUID(),
    limits: live.limits,
    roomStore: stores.roomStore,
    lockStore: stores.lockStore,
    roomTimeouts: { pingTimeoutSeconds: config.pingTimeoutSeconds },
  };
  const secretWatch = watchSecret(deps, stop);
  const close = async () => {
    await secretWatch.close();
    await Promise.all([live.close(), closeCloud()]);
    await clock.close();
    await changes.close();
    await sqlParser.close();
    stores.close();
    await client.close();
  };
  return { deps, close };
}

/** Where pings and locks are kept: in Redis, where one is named. */
async function openStores(
  config: Config,
  { db }: DbClient,
  instanceId: string,
  log: Log,
): Promise<Pick<Deps, "roomStore" | "lockStore"> & { close(): void }> {
  if (config.redisUrl === null) {
    return {
      roomStore: createPostgresRoomStore(db),
      lockStore: createPostgresLockStore(db),
      close: () => undefined,
    };
  }
  const timeoutSeconds = config.redisConnectionTimeoutSeconds;
  const redis = await connectRedis({ url: config.redisUrl, timeoutSeconds, log });
  const prefix = `maestro:${instanceId}`;
  return {
    roomStore: createRedisRoomStore(redis, prefix),
    lockStore: createRedisLockStore(redis, prefix),
    close: redis.close,
  };
}

function givenSettings(config: Config): Deps["givenSettings"] {
  const given = settingKeys.flatMap((key) => {
    const text = config[key];
    return text === null ? [] : [[key, text]];
  });
  return Object.fromEntries(given) as Deps["givenSettings"];
}

async function waitForDatabase(client: DbClient, timeoutSeconds: number, log: Log): Promise<void> {
  const deadline = Date.now() + timeoutSeconds * 1_000;
  for (;;) {
    try {
      const left = Math.max(1_000, deadline - Date.now());
      await within(left, client.pool.query("select 1"));
      return;
    } catch (error) {
      if (Date.now() > deadline || isRefusal(error)) {
        throw new MaestroError("configuration", `PostgreSQL cannot be used: ${messageOf(error)}`, {
          cause: error,
        });
      }
      log.warn({ err: error }, "PostgreSQL does not answer yet; trying again");
      await delay(1_000);
    }
  }
}

/** A host that takes connections and never answers does not hold up the end of the timeout. */
async function within<T>(ms: number, answer: Promise<T>): Promise<T> {
  const over = new AbortController();
  const late = delay(ms, undefined, { signal: over.signal }).then(() => {
    throw new Error("it does not answer");
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    over.abort();
    late.catch(() => undefined);
    answer.catch(() => undefined);
  }
}

/** Wrong credentials and missing databases do not mend themselves. */
function isRefusal(error: unknown): boolean {
  return ["28P01", "28000", "3D000"].includes((error as { code?: string }).code ?? "");
}
