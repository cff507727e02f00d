import {
  type SettingKey,
  type SettingView,
  settingKeys,
  settings,
} from "../../../shared/settings.ts";
import { selectSettingAuthors, selectSettings } from "../../db/settings.ts";
import type { Deps } from "../deps.ts";

/** Every setting as it is now; of secrets no more than that they are set. */
export async function listSettings(
  deps: Pick<Deps, "db" | "givenSettings">,
): Promise<SettingView[]> {
  const rows = new Map(
    (await selectSettings(deps.db, settingKeys)).map((row) => [row.key, row] as const),
  );
  const authors = await selectSettingAuthors(deps.db);
  return settingKeys.map((key): SettingView => {
    const row = rows.get(key);
    const given = deps.givenSettings[key];
    const fallback = defaultOf(key);
    const text = given ?? (row ? row.text : fallback);
    return {
      key,
      value: "secret" in settings[key] ? null : (text ?? null),
      source: sourceOf({ given, isStored: row !== undefined, fallback }),
      updatedAt: row?.updatedAt.toISOString() ?? null,
      updatedBy: row ? (authors.get(key) ?? null) : null,
    };
  });
}

function defaultOf(key: SettingKey): string | undefined {
  const setting = settings[key];
  return "default" in setting ? setting.default : undefined;
}

function sourceOf(one: {
  given: string | undefined;
  isStored: boolean;
  fallback: string | undefined;
}): SettingView["source"] {
  if (one.given !== undefined) return "given";
  if (one.isStored) return "stored";
  return one.fallback === undefined ? "unset" : "default";
}
