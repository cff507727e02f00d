import { settingKeys } from "../../../shared/settings.ts";
import { startLoop } from "../../support/loop.ts";
import type { Deps, Limits } from "../deps.ts";
import { readSettings } from "./read-settings.ts";

/** Covers a NOTIFY that was lost. */
const periodMs = 15_000;

type LimitKey = Extract<(typeof settingKeys)[number], `limits.${string}`>;

type NameOf<K> = K extends `limits.${infer Name}` ? Name : never;
type LimitName = NameOf<LimitKey>;

const limitKeys = settingKeys.filter((key): key is LimitKey => key.startsWith("limits."));

/** The limits as they are set, in one object whose values follow the settings. */
export async function startLiveLimits(
  deps: Pick<Deps, "db" | "secretBox" | "givenSettings" | "changes" | "log">,
): Promise<{ limits: Limits; close(): Promise<void> }> {
  const limits = await readLimits(deps);
  const loop = startLoop({
    name: "limits",
    log: deps.log,
    periodMs,
    async body() {
      Object.assign(limits, await readLimits(deps));
    },
  });
  const unsubscribe = deps.changes.subscribe(({ noun }) => {
    if (noun === "setting") loop.wake();
  });
  return {
    limits,
    close() {
      unsubscribe();
      return loop.stop();
    },
  };
}

/** Each limit is the setting of its name; none is without a default. */
async function readLimits(deps: Pick<Deps, "db" | "secretBox" | "givenSettings">): Promise<Limits> {
  const values = await readSettings(deps, limitKeys);
  const named = limitKeys.map((key) => [key.slice("limits.".length), values[key]]);
  return Object.fromEntries(named) as Record<LimitName, number>;
}
