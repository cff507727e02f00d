import { MaestroError } from "../../../shared/errors.ts";
import type { SettingChanges } from "../../../shared/settings.ts";
import { serviceAccountKey } from "../../../shared/settings-cloud.ts";
import type { Db } from "../../db/client.ts";
import {
  deleteSetting,
  lockCredentials,
  selectSettings,
  upsertSetting,
} from "../../db/settings.ts";
import { type Actor, recordChange } from "../audit/record-change.ts";
import type { Deps } from "../deps.ts";
import { requireCurrentSecret } from "../instance/open-instance.ts";
import { applicationDefault, retiredKey } from "./cloud-settings.ts";
import { storedText } from "./read-settings.ts";
import { settingRow } from "./setting-row.ts";

/*
 * A service account's key is of one project, and opens no other unasked.
 *
 * Saved together with a project it is that project's. Saved alone it is the current project's, where it is
 * of the account that opens it now or of an account of the project itself; else the save is refused until
 * it names the project, so that the next project's key never opens the current one. Saved before any
 * project is set it is the first one's.
 *
 * Where the project changes alone, the former one's credentials are kept under its name, for what is under
 * way there (live-cloud.ts). The new one gets back what is kept under its own; where nothing is, and the
 * stored key is another project's, the save is refused until it says what opens the new one. With no
 * project set any more, the stored key remembers whose it was.
 */

/** Names the project of the stored key while no project is set. */
const ownerKey = "bigquery.credentialsOf";

type Binders = Pick<Deps, "secretBox" | "givenSettings">;

interface Stored {
  before: string | null;
  after: string | null;
  /** What opens `before`, or would open the next one; null for application default credentials. */
  credentials: string | null;
  owner: string | null;
}

/** Keeps, gives back or asks for what opens a project, in the transaction of the change. */
export async function bindCredentials(
  deps: Binders,
  tx: Db,
  actor: Actor,
  changes: SettingChanges,
): Promise<void> {
  const { "bigquery.project": project, "bigquery.credentials": key } = changes;
  if (project === undefined && key === undefined) return;
  // A project that is given to the processes is changed nowhere else.
  if (deps.givenSettings["bigquery.project"] !== undefined) return;
  await lockCredentials(tx);
  // What is read and sealed again must be under one secret, whatever is rotated meanwhile.
  await requireCurrentSecret(tx, deps.secretBox);
  const stored = await readStored(deps, tx, project);
  if (stored.before !== stored.after) return moveCredentials(deps, tx, actor, changes, stored);
  if (stored.after === null) {
    if (key !== undefined) await deleteSetting(tx, ownerKey);
  } else if (project === undefined && typeof key === "string") {
    assertIsOf(stored.after, key, stored.credentials);
  }
}

async function readStored(
  deps: Binders,
  tx: Db,
  project: string | null | undefined,
): Promise<Stored> {
  const rows = await selectSettings(tx, ["bigquery.project", "bigquery.credentials", ownerKey]);
  const textOf = (name: string) =>
    storedText(
      deps,
      rows.find((row) => row.key === name),
    );
  const before = textOf("bigquery.project");
  return {
    before,
    after: project === undefined ? before : (project?.trim() ?? null),
    credentials: textOf("bigquery.credentials"),
    owner: before ?? textOf(ownerKey),
  };
}

async function moveCredentials(
  deps: Binders,
  tx: Db,
  actor: Actor,
  changes: SettingChanges,
  stored: Stored,
): Promise<void> {
  const { before, after } = stored;
  const hasKey = changes["bigquery.credentials"] !== undefined;
  // What a process was given opens all projects that nothing is kept of.
  const isGiven = deps.givenSettings["bigquery.credentials"] !== undefined;
  if (before !== null && !isGiven) await retire(deps, tx, before, stored.credentials);
  if (after === null) {
    if (before !== null && !hasKey) await upsertSetting(tx, ownerKey, { text: before });
    else await deleteSetting(tx, ownerKey);
    return;
  }
  if (!hasKey && !isGiven) await giveBack(deps, tx, actor, { ...stored, after });
  await deleteSetting(tx, retiredKey(after));
  await deleteSetting(tx, ownerKey);
}

async function retire(
  { secretBox }: Binders,
  tx: Db,
  project: string,
  credentials: string | null,
): Promise<void> {
  const key = retiredKey(project);
  const kept =
    credentials === null
      ? { text: applicationDefault }
      : { secret: secretBox.seal(credentials, settingRow(key)) };
  await upsertSetting(tx, key, kept);
}

async function giveBack(
  { secretBox }: Binders,
  tx: Db,
  actor: Actor,
  { after, credentials, owner }: Stored & { after: string },
): Promise<void> {
  const [row] = await selectSettings(tx, [retiredKey(after)]);
  const kept = storedText({ secretBox }, row);
  if (kept === null) {
    if (credentials === null || owner === null || owner === after) return;
    throw new MaestroError(
      "invalidInput",
      `Service account's key: the one that is stored is for the project ${owner}, and opens no other unasked: give ${after}'s in the same save (the same file again, where its account works in both), or forget it there, for application default credentials`,
      { field: "bigquery.credentials" },
    );
  }
  const isKey = kept !== applicationDefault;
  const name = "bigquery.credentials";
  if (isKey) await upsertSetting(tx, name, { secret: secretBox.seal(kept, settingRow(name)) });
  else await deleteSetting(tx, name);
  await recordChange(tx, actor, {
    action: isKey ? "setting.set" : "setting.unset",
    subjectKind: "setting",
    subjectId: null,
    detail: { key: name, keptOf: after },
  });
}

function assertIsOf(project: string, text: string, current: string | null): void {
  const key = serviceAccountKey.parse(text);
  const known = current === null ? null : serviceAccountKey.parse(current);
  if (key.projectId === project || key.email === known?.email) return;
  throw new MaestroError(
    "invalidInput",
    `Project: name in the same save which one the key of ${key.email} is for: ${project}, or the next one. Saved alone it would open ${project}, for runs under way too`,
    { field: "bigquery.project" },
  );
}
