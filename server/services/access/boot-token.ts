import { timingSafeEqual } from "node:crypto";
import { MaestroError } from "../../../shared/errors.ts";
import { type SettingChanges, settingKeys } from "../../../shared/settings.ts";
import type { SetupInput } from "../../../shared/sign-in.ts";
import type { Db } from "../../db/client.ts";
import { deleteSetting, keepSecret, lockSecret, selectSettings } from "../../db/settings.ts";
import { randomToken, sha256 } from "../../support/crypto.ts";
import type { Deps } from "../deps.ts";
import { requireCurrentSecret } from "../instance/open-instance.ts";
import { tellSettingsChanged, writeSettings } from "../settings/change-settings.ts";
import { settingRow } from "../settings/setting-row.ts";
import { readOauthClient } from "./oauth-client.ts";

/*
 * The boot token proves that whoever enters the OAuth client can read the log of this installation.
 * One is kept, sealed, for the whole installation: every process that starts before the OAuth client
 * is there prints the same, and any of them takes it. What was entered may be wrong, and only a sign-in
 * shows that: it goes on being taken until somebody has signed in as admin, who withdraws it.
 */

const bootTokenKey = "bootToken";
const setupKeys = [
  "web.publicUrl",
  "oauth.clientId",
  "oauth.clientSecret",
  "oauth.domains",
] as const;

/** The boot token to print; null where people can sign in already. */
export async function ensureBootToken(
  deps: Pick<Deps, "db" | "secretBox" | "givenSettings">,
): Promise<string | null> {
  if ((await readOauthClient(deps)) && !(await isSetupOpen(deps))) return null;
  const made = deps.secretBox.seal(randomToken(), settingRow(bootTokenKey));
  const kept = await deps.db.transaction(async (tx) => {
    await requireCurrentSecret(tx, deps.secretBox);
    return keepSecret(tx, bootTokenKey, made);
  });
  return deps.secretBox.open(kept, settingRow(bootTokenKey));
}

/** Whether what was entered in the first run may still be corrected: no admin has signed in since. */
export async function isSetupOpen(deps: Pick<Deps, "db" | "givenSettings">): Promise<boolean> {
  const isGiven = setupKeys.every((key) => deps.givenSettings[key] !== undefined);
  return !isGiven && (await selectSettings(deps.db, [bootTokenKey])).length > 0;
}

/** In the transaction in which an admin signs in: whatever is set up now works. */
export async function withdrawBootToken(tx: Db): Promise<void> {
  await deleteSetting(tx, bootTokenKey);
}

/**
 * Stores the OAuth client for whoever has the boot token. Throws `unauthenticated` for any other
 * token, and `conflict` where there is none.
 */
export async function setUpSignIn(
  deps: Pick<Deps, "db" | "secretBox" | "givenSettings" | "changes">,
  input: SetupInput,
): Promise<void> {
  await deps.db.transaction(async (tx) => {
    await requireBootToken(deps, tx, input.bootToken);
    const actor = { userId: null, name: "first run" };
    const changes: SettingChanges = {
      "web.publicUrl": input.publicUrl,
      "oauth.clientId": input.clientId,
      "oauth.clientSecret": input.clientSecret,
      "oauth.domains": input.domains,
    };
    // What this server was given outweighs the form.
    for (const key of settingKeys) if (deps.givenSettings[key] !== undefined) delete changes[key];
    await writeSettings(deps, tx, actor, changes);
  });
  tellSettingsChanged(deps);
}

async function requireBootToken(
  deps: Pick<Deps, "secretBox" | "givenSettings">,
  tx: Db,
  token: string,
): Promise<void> {
  const sealed = await lockSecret(tx, bootTokenKey);
  if (!sealed) {
    throw new MaestroError(
      "conflict",
      (await readOauthClient({ ...deps, db: tx }))
        ? "signing in is set up already: sign in, and change it in the settings"
        : "the boot token was used already: start Maestro again, and its log has a new one",
    );
  }
  const expected = deps.secretBox.open(sealed, settingRow(bootTokenKey));
  if (!timingSafeEqual(sha256(token), sha256(expected))) {
    throw new MaestroError(
      "unauthenticated",
      "this is not the boot token: copy it whole from the newest lines of Maestro's log",
      { field: "bootToken" },
    );
  }
}
