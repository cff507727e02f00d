import { type SettingKey, type SettingValues, settings } from "../../../shared/settings.ts";
import { type SettingRow, selectSettings } from "../../db/settings.ts";
import type { Deps } from "../deps.ts";
import { settingRow } from "./setting-row.ts";

type Readers = Pick<Deps, "db" | "secretBox" | "givenSettings">;

/** The text that is stored; null where there is none. */
export function storedText(deps: Pick<Deps, "secretBox">, row: SettingRow | undefined) {
  if (!row) return null;
  return row.secret ? deps.secretBox.open(row.secret, settingRow(row.key)) : row.text;
}

/**
 * Settings as they are now, whichever process changed them last: what this process was given, else
 * what is stored, else the default, else null.
 */
export async function readSettings<K extends SettingKey>(
  deps: Readers,
  keys: readonly K[],
): Promise<Pick<SettingValues, K>> {
  const wanted = keys.filter((key) => deps.givenSettings[key] === undefined);
  const rows = wanted.length > 0 ? await selectSettings(deps.db, wanted) : [];
  const texts = new Map(rows.map((row) => [row.key, storedText(deps, row)]));
  const values = keys.map((key) => {
    const setting = settings[key];
    const fallback = "default" in setting ? setting.default : undefined;
    const text = deps.givenSettings[key] ?? texts.get(key) ?? fallback;
    return [key, text === undefined ? null : setting.schema.parse(text)];
  });
  return Object.fromEntries(values) as Pick<SettingValues, K>;
}
