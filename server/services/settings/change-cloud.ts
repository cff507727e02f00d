import { createPrivateKey } from "node:crypto";
import { MaestroError } from "../../../shared/errors.ts";
import { type SettingChanges, type SettingKey, settings } from "../../../shared/settings.ts";
import type { Db } from "../../db/client.ts";
import { selectSettings } from "../../db/settings.ts";
import type { Deps } from "../deps.ts";

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
