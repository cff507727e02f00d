import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Config } from "../config.ts";
import { createDbClient } from "../db/client.ts";
import { issueLocalToken } from "../services/access/issue-local-token.ts";
import type { Deps } from "../services/deps.ts";
import { findSurroundings, readPublished } from "./surroundings.ts";

const lifetimeDays = 30;
/** A token is replaced while it is still good, so that no command meets its end. */
const replaceBeforeMs = 86_400_000;

interface KeptToken {
  token: string;
  issuedAt: number;
  connectionString: string;
}

/** Opens the database of this machine's Maestro, and closes it after. */
export async function withLocalDatabase(
  config: Config,
  use: (deps: Pick<Deps, "db">) => Promise<void>,
): Promise<void> {
  const { connectionString } = await findSurroundings(config);
  const client = createDbClient({
    connectionString,
    poolSize: 2,
    applicationName: "maestro token",
  });
  try {
    await use(client);
  } finally {
    await client.close();
  }
}

/**
 * The address and an admin's token of the Maestro that runs on this data directory, for the client
 * commands of whoever may read it: who can read the secret needs no other credential. The token is
 * kept beside it and replaced before it ends, or when it was `refused`. Null where none runs here.
 */
export async function findLocalServer(
  config: Config,
  refused?: string,
): Promise<{ url: string; token: string } | null> {
  const published = await readPublished(config.dataDir);
  if (!published?.url) return null;
  const path = join(config.dataDir, "client-token.json");
  const { connectionString, url } = published;
  const kept = await readFile(path, "utf8").then(
    (text) => JSON.parse(text) as KeptToken,
    () => null,
  );
  const goodUntil = (kept?.issuedAt ?? 0) + lifetimeDays * 86_400_000 - replaceBeforeMs;
  const isGood = Date.now() < goodUntil && kept?.token !== refused;
  if (kept?.connectionString === connectionString && isGood) {
    return { url, token: kept.token };
  }
  let token = "";
  await withLocalDatabase(config, async (deps) => {
    const name = "commands on the machine itself";
    ({ token } = await issueLocalToken(deps, {
      name,
      scopes: ["admin"],
      expiresDays: lifetimeDays,
    }));
  });
  const issued: KeptToken = { token, issuedAt: Date.now(), connectionString };
  await writeFile(`${path}.new`, JSON.stringify(issued), { mode: 0o600 });
  await rename(`${path}.new`, path);
  return { url, token };
}
