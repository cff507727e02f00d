import { createPrivateKey } from "node:crypto";
import { MaestroError } from "../../../shared/errors.ts";
import { type SettingChanges, type SettingKey, settings } from "../../../shared/settings.ts";
import type { Db } from "../../db/client.ts";
import { deleteSetting, selectSettings, upsertSetting } from "../../db/settings.ts";
import type { Deps } from "../deps.ts";
import { requireCurrentSecret } from "../instance/open-instance.ts";
import { applicationDefault, retiredKey } from "./cloud-settings.ts";
import { storedText } from "./read-settings.ts";
import { settingRow } from "./setting-row.ts";

/** Throws what of BigQuery's settings is wrong by itself, or would be together. */
export async function assertCloud(
  { givenSettings }: Pick<Deps, "givenSettings">,
  db: Db,
  changes: SettingChanges,
): Promise<void> {
  if (typeof changes["bigquery.credentials"] === "string") {
    assertKey(changes["bigquery.credentials"]);
  }
  const keys = ["bigquery.project", "bigquery.bucket"] as const;
  if (keys.every((key) => changes[key] === undefined)) return;
  const rows = await selectSettings(db, keys);
  const isSet = (key: SettingKey) => {
    if (givenSettings[key] !== undefined) return true;
    const change = changes[key];
    return change === undefined ? rows.some((row) => row.key === key) : change !== null;
  };
  if (!isSet("bigquery.project") || isSet("bigquery.bucket")) return;
  throw new MaestroError(
    "invalidInput",
    "Bucket: name one beside the project, for extracts and staged files: the names of buckets are Google's worldwide",
    { field: "bigquery.bucket" },
  );
}

/** A key that was cut short or edited has the right beginning and end. */
function assertKey(text: string): void {
  const { privateKey } = settings["bigquery.credentials"].schema.parse(text);
  if (isRsa(privateKey)) return;
  throw new MaestroError(
    "invalidInput",
    "Service account's key: its private_key is damaged, or no RSA key: download a new key, and give its file whole",
    { field: "bigquery.credentials" },
  );
}

function isRsa(pem: string): boolean {
  try {
    return createPrivateKey(pem).asymmetricKeyType === "rsa";
  } catch {
    return false;
  }
}

/**
 * Keeps the credentials of a project that is left, for what is under way there (live-cloud.ts), and forgets
 * those kept of the one that it becomes.
 */
export async function retireCredentials(
  { secretBox, givenSettings }: Pick<Deps, "secretBox" | "givenSettings">,
  tx: Db,
  changes: SettingChanges,
): Promise<void> {
  const change = changes["bigquery.project"];
  if (change === undefined) return;
  const after = change?.trim() ?? null;
  // What is read and sealed again must be under one secret, whatever is rotated meanwhile.
  await requireCurrentSecret(tx, secretBox);
  const rows = await selectSettings(tx, ["bigquery.project", "bigquery.credentials"]);
  const rowOf = (key: SettingKey) => rows.find((row) => row.key === key);
  const before = rowOf("bigquery.project")?.text ?? null;
  if (before === after) return;
  if (after !== null) await deleteSetting(tx, retiredKey(after));
  // What a process was given opens all projects that nothing is kept of.
  if (before === null || givenSettings["bigquery.credentials"] !== undefined) return;
  const credentials = storedText({ secretBox }, rowOf("bigquery.credentials"));
  const key = retiredKey(before);
  const kept =
    credentials === null
      ? { text: applicationDefault }
      : { secret: secretBox.seal(credentials, settingRow(key)) };
  await upsertSetting(tx, key, kept);
}
