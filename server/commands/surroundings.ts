import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { MaestroError } from "../../shared/errors.ts";
import type { Surroundings } from "../build-deps.ts";
import { type Config, connectionStringOf } from "../config.ts";
import { openDataDirectory, readSecret } from "../embedded/data-directory.ts";
import { startLocalCloudProcess } from "../embedded/local-cloud-process.ts";
import { ensureDatabase, startEmbeddedPostgres } from "../embedded/postgres.ts";
import type { Log } from "../support/log.ts";

const publishedFile = "surroundings.json";

export interface Published extends Omit<Surroundings, "secret"> {
  /** Where its API answers; null until it does. */
  url: string | null;
}

/** Surroundings that this process has put up itself, with what stops them. */
export interface OwnSurroundings extends Surroundings {
  stop(): Promise<void>;
}

/** Puts up what the configuration does not name: PostgreSQL, the local cloud, the secret. */
export async function putUpSurroundings(
  config: Config,
  directory: string,
  main: string,
  log: Log,
): Promise<OwnSurroundings> {
  const secret = await readSecret({ ...config, directory });
  const named = connectionStringOf(config);
  const needsLocalCloud = config["bigquery.project"] === null && config.localCloudUrl === null;
  const [postgres, localCloud] = await Promise.all([
    named ? null : startEmbeddedPostgres({ directory: join(directory, "postgres"), log }),
    needsLocalCloud
      ? startLocalCloudProcess({
          command: [process.execPath, main, "local-cloud"],
          directory: join(directory, "cloud"),
          log,
        })
      : null,
  ]);
  if (postgres) await ensureDatabase(postgres, "maestro");
  return {
    secret,
    connectionString: named ?? postgres?.connectionString("maestro") ?? "",
    localCloudUrl: config.localCloudUrl ?? localCloud?.url ?? null,
    embeddedPostgresUrl: postgres?.connectionString("postgres") ?? null,
    async stop() {
      await localCloud?.stop();
      await postgres?.stop();
    },
  };
}

/**
 * For the other processes: what the configuration names, and for the rest what the tree that runs
 * on the same data directory has put up.
 */
export async function findSurroundings(config: Config): Promise<Surroundings> {
  const directory = await openDataDirectory(config.dataDir);
  const published = await readPublished(directory);
  const connectionString = connectionStringOf(config) ?? published?.connectionString;
  const localCloudUrl = config.localCloudUrl ?? published?.localCloudUrl ?? null;
  if (!connectionString) {
    throw new MaestroError(
      "configuration",
      `no Maestro runs on ${directory}, and no PostgreSQL is named: start Maestro, or name one with -db-connect`,
    );
  }
  return {
    secret: await readSecret({ ...config, directory }),
    connectionString,
    localCloudUrl,
    embeddedPostgresUrl: published?.embeddedPostgresUrl ?? null,
  };
}

/** Tells the other processes of this data directory; readable by this account alone. */
export async function publishSurroundings(
  directory: string,
  surroundings: Surroundings,
  url: string | null,
): Promise<() => Promise<void>> {
  const path = join(directory, publishedFile);
  const { connectionString, localCloudUrl, embeddedPostgresUrl } = surroundings;
  const published: Published = { connectionString, localCloudUrl, embeddedPostgresUrl, url };
  // Readers see the old file or the new one, whole.
  await writeFile(`${path}.new`, JSON.stringify(published), { mode: 0o600 });
  await rename(`${path}.new`, path);
  return () => rm(path, { force: true });
}

/** Null where no Maestro runs on this directory. */
export async function readPublished(directory: string): Promise<Published | null> {
  const text = await readFile(join(directory, publishedFile), "utf8").catch(() => null);
  return text === null ? null : (JSON.parse(text) as Published);
}
