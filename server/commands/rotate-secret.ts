import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { open, readFile, rename } from "node:fs/promises";
import { dirname, join } from "node:path";
import { MaestroError } from "../../shared/errors.ts";
import { type Config, connectionStringOf } from "../config.ts";
import { createDbClient } from "../db/client.ts";
import { migrateDatabase } from "../db/migrate.ts";
import { lockDataDirectory, openDataDirectory, readSecret } from "../embedded/data-directory.ts";
import { ensureDatabase, startEmbeddedPostgres } from "../embedded/postgres.ts";
import { rotateSecret } from "../services/instance/rotate-secret.ts";
import { createSecretBox } from "../support/crypto.ts";
import { createLog } from "../support/log.ts";

/**
 * `maestro rotate-secret`: stores all credentials under another secret. Where the data directory
 * keeps the secret a new one is made and takes the old one's place; a secret that is named (-secret,
 * -secretpath) needs the new one's file. Interrupted anywhere, it is run again.
 *
 * @returns what it did, in a sentence
 */
export async function runRotateSecret(config: Config, newPath: string | null): Promise<string> {
  const directory = await openDataDirectory(config.dataDir);
  const log = createLog({
    level: config.logLevel,
    path: config.logPath ?? join(directory, "maestro.log"),
    role: "rotate-secret",
  });
  const isNamed = config.secret !== null || config.secretPath !== null;
  if (isNamed && newPath === null) {
    throw new MaestroError(
      "configuration",
      "the new secret is missing: name the file that holds it with --new-secretpath",
    );
  }
  const undo = [await lockDataDirectory(directory)];
  try {
    const kept = { path: join(directory, "secret"), draft: join(directory, "secret.new") };
    const from = await readSecret({ ...config, directory });
    if (newPath === null) await draftSecret(kept.draft);
    const to = await readSecret({ secret: null, secretPath: newPath ?? kept.draft, directory });
    if (from === to) {
      throw new MaestroError("configuration", "the new secret is the old one: nothing was done");
    }
    let connectionString = connectionStringOf(config);
    if (connectionString === null) {
      const postgres = await startEmbeddedPostgres({ directory: join(directory, "postgres"), log });
      undo.push(() => postgres.stop());
      await ensureDatabase(postgres, "maestro");
      connectionString = postgres.connectionString("maestro");
    }
    const resealed = await rotate(connectionString, from, to);
    if (newPath === null) await renameDurably(kept.draft, kept.path);
    const where = newPath ?? kept.path;
    return `${resealed} secrets are stored under the secret in ${where} now. Start Maestro with it everywhere: servers that ran with the old one stop. Everybody signs in again.`;
  } finally {
    for (const step of undo.reverse()) await step();
  }
}

async function rotate(connectionString: string, from: string, to: string): Promise<number> {
  await migrateDatabase(connectionString);
  const client = createDbClient({
    connectionString,
    poolSize: 2,
    applicationName: "maestro rotate-secret",
  });
  try {
    return await rotateSecret(client.db, createSecretBox(from), createSecretBox(to));
  } finally {
    await client.close();
  }
}

/**
 * Left by a rotation that was interrupted it may be in use already, and is taken as it is; so is its
 * draft, where that is whole.
 */
async function draftSecret(path: string): Promise<void> {
  if (existsSync(path)) return;
  const draft = `${path}.draft`;
  const left = await readFile(draft, "utf8").catch(() => "");
  const secret = /^[\w-]{43}$/.test(left) ? left : randomBytes(32).toString("base64url");
  const file = await open(draft, "w", 0o600);
  await file.writeFile(secret);
  // On the disk before anything is stored under it.
  await file.sync();
  await file.close();
  await renameDurably(draft, path);
}

/** Not before the folder is on the disk as well does the name outlive a power failure. */
async function renameDurably(from: string, to: string): Promise<void> {
  await rename(from, to);
  const folder = await open(dirname(to), "r");
  // Windows opens no folder for this, and keeps renames in order itself.
  await folder.sync().catch(() => undefined);
  await folder.close();
}
