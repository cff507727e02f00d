import { MaestroError } from "../../../shared/errors.ts";
import { readGitAddress } from "../../../shared/git.ts";
import {
  type SettingChanges,
  type SettingKey,
  settingKeys,
  settings,
} from "../../../shared/settings.ts";
import type { Db } from "../../db/client.ts";
import { tryGitNow } from "../../db/git-outbox.ts";
import { tryAgainNow } from "../../db/outbox.ts";
import { deleteSetting, selectSettings, upsertSetting } from "../../db/settings.ts";
import { endSessionsOutside } from "../../db/users.ts";
import { localEmail } from "../access/ensure-local-admin.ts";
import { type Actor, recordChange } from "../audit/record-change.ts";
import type { Deps } from "../deps.ts";
import { requireCurrentSecret } from "../instance/open-instance.ts";
import { bindCredentials } from "./bind-credentials.ts";
import { assertCloud } from "./change-cloud.ts";
import { settingRow } from "./setting-row.ts";

type Changers = Pick<Deps, "db" | "secretBox" | "givenSettings" | "changes">;

/**
 * Changes settings, all or none of them, with a line of the audit log for each. Every process heeds
 * them from then on. Throws `invalidInput` naming the setting whose text is refused.
 */
export async function changeSettings(
  deps: Changers,
  actor: Actor,
  changes: SettingChanges,
): Promise<void> {
  await deps.db.transaction((tx) => writeSettings(deps, tx, actor, changes));
  tellSettingsChanged(deps);
}

export function tellSettingsChanged(deps: Pick<Deps, "changes">): void {
  deps.changes.publish({ noun: "setting", id: null });
  // Sessions may have ended: open event streams look who they are of.
  deps.changes.publish({ noun: "user", id: null });
}

/** As `changeSettings`, within a transaction; tell of it after. */
export async function writeSettings(
  deps: Omit<Changers, "db" | "changes">,
  tx: Db,
  actor: Actor,
  changes: SettingChanges,
): Promise<void> {
  await assertChanges(deps, tx, changes);
  await bindCredentials(deps, tx, actor, changes);
  // In one order everywhere: two saves at once wait for each other and no more.
  for (const key of settingKeys) {
    const text = changes[key];
    if (text === undefined) continue;
    refuseGiven(deps, key);
    const isChanged = await storeSetting(deps, tx, key, text);
    if (isChanged) await recordSetting(tx, actor, key, text);
  }
  if (typeof changes["oauth.domains"] === "string") {
    await endSessionsOfOthers(tx, actor, changes["oauth.domains"]);
  }
  // What Slack did not take with the old ones is tried with the new ones at once.
  if (Object.keys(changes).some((key) => key.startsWith("git."))) await tryGitNow(tx);
  if ("slack.token" in changes || "slack.channel" in changes) await tryAgainNow(tx);
}

/** Whoever may not sign in any more is not signed in any more either; their API tokens stay. */
async function endSessionsOfOthers(tx: Db, actor: Actor, text: string): Promise<void> {
  const domains = settings["oauth.domains"].schema.parse(text);
  for (const { id, email } of await endSessionsOutside(tx, domains, [localEmail])) {
    const subject = { subjectKind: "user", subjectId: id };
    await recordChange(tx, actor, { action: "user.endSessions", ...subject, detail: { email } });
  }
}

/** Throws what is wrong with changes by themselves and beside what is stored. */
export async function assertChanges(
  deps: Pick<Deps, "givenSettings">,
  db: Db,
  changes: SettingChanges,
): Promise<void> {
  for (const key of settingKeys) {
    const text = changes[key];
    if (typeof text === "string") checked(key, text);
  }
  await keepSecretFromOthers(deps, db, changes);
  await keepGitFromOthers(deps, db, changes);
  await assertCloud(deps, db, changes);
}

function refuseGiven(deps: Pick<Deps, "givenSettings">, key: SettingKey): void {
  if (deps.givenSettings[key] === undefined) return;
  const variable = `MAESTRO_${settings[key].variable}`;
  throw new MaestroError(
    "conflict",
    `${key} is given to this server by ${variable}, which outweighs what is stored: change it there`,
    { field: key },
  );
}

/** False where there was nothing to forget. */
async function storeSetting(
  deps: Pick<Deps, "secretBox">,
  tx: Db,
  key: SettingKey,
  text: string | null,
): Promise<boolean> {
  if (text === null) return deleteSetting(tx, key);
  const kept = checked(key, text);
  if (!isSecret(key)) {
    await upsertSetting(tx, key, { text: kept });
    return true;
  }
  await requireCurrentSecret(tx, deps.secretBox);
  await upsertSetting(tx, key, { secret: deps.secretBox.seal(kept, settingRow(key)) });
  return true;
}

async function recordSetting(
  tx: Db,
  actor: Actor,
  key: SettingKey,
  text: string | null,
): Promise<void> {
  await recordChange(tx, actor, {
    action: text === null ? "setting.unset" : "setting.set",
    subjectKind: "setting",
    subjectId: null,
    detail: { key, ...(text === null || isSecret(key) ? {} : { value: text.trim() }) },
  });
}

function isSecret(key: SettingKey): boolean {
  return "secret" in settings[key];
}

/** The text to store. */
function checked(key: SettingKey, text: string): string {
  const issue = settings[key].schema.safeParse(text).error?.issues[0];
  if (!issue) return text.trim();
  const shown = isSecret(key) ? "what was given" : JSON.stringify(text);
  throw new MaestroError("invalidInput", `${settings[key].label}: ${shown}: ${issue.message}`, {
    field: key,
  });
}

/**
 * Whoever may change settings must not be able to have the stored client secret sent to a server of
 * their own: with another issuer it has to be given again.
 */
async function keepSecretFromOthers(
  { givenSettings }: Pick<Deps, "givenSettings">,
  tx: Db,
  changes: SettingChanges,
): Promise<void> {
  if (changes["oauth.issuer"] === undefined || "oauth.clientSecret" in changes) return;
  const rows = await selectSettings(tx, ["oauth.issuer", "oauth.clientSecret"]);
  const isGiven = givenSettings["oauth.clientSecret"] !== undefined;
  if (!isGiven && !rows.some(({ key }) => key === "oauth.clientSecret")) return;
  const before = rows.find(({ key }) => key === "oauth.issuer")?.text ?? null;
  if (before === changes["oauth.issuer"]) return;
  if (isGiven) {
    throw new MaestroError(
      "conflict",
      "the OAuth client secret is given to this server by MAESTRO_OAUTH_CLIENT_SECRET: give the issuer beside it, by MAESTRO_OAUTH_ISSUER",
      { field: "oauth.issuer" },
    );
  }
  throw new MaestroError(
    "invalidInput",
    "enter the OAuth client secret again: it is not sent to another issuer unasked",
    { field: "oauth.clientSecret" },
  );
}

/** The same for the repository's token and key, with another host. */
async function keepGitFromOthers(
  { givenSettings }: Pick<Deps, "givenSettings">,
  tx: Db,
  changes: SettingChanges,
): Promise<void> {
  const hostOf = (url: string | null) => {
    const address = url === null ? null : readGitAddress(url.trim());
    return address && `${address.host}:${address.port}`;
  };
  const url = changes["git.url"];
  // Without a repository nothing is sent.
  if (typeof url !== "string") return;
  const rows = await selectSettings(tx, ["git.url", "git.token", "git.key"]);
  const before = rows.find(({ key }) => key === "git.url")?.text ?? null;
  if (hostOf(before) === hostOf(url)) return;
  for (const field of ["git.token", "git.key"] as const) {
    if (field in changes) continue;
    if (givenSettings[field] !== undefined) {
      const message = `${field} is given to this server by MAESTRO_${settings[field].variable}: give git.url beside it, by MAESTRO_${settings["git.url"].variable}`;
      throw new MaestroError("conflict", message, { field: "git.url" });
    }
    if (!rows.some(({ key }) => key === field)) continue;
    const message = `${field} is not sent to another host unasked: unset it first, or enter it again with git.url`;
    throw new MaestroError("invalidInput", message, { field });
  }
}
