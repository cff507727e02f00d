import { sumBilledSince } from "../../db/costs.ts";
import { tellOnce } from "../../db/outbox.ts";
import { selectSettings } from "../../db/settings.ts";
import { selectDigestFacts } from "../../db/slack-runs.ts";
import { tickAt } from "../../domain/frequency.ts";
import { priceBytes } from "../costs/price-bytes.ts";
import { readPrice } from "../costs/read-price.ts";
import type { Deps } from "../deps.ts";
import { readSettings } from "../settings/read-settings.ts";

/** A digest that was missed for longer is none any more. */
const freshMs = 6 * 3_600_000;
const daySeconds = 86_400;

/** Queues the digest of the day that ended at the hour that is set, once. */
export async function watchDigest(
  deps: Pick<Deps, "db" | "secretBox" | "givenSettings" | "now">,
): Promise<void> {
  const keys = ["slack.digestHour", "slack.digestTimeZone"] as const;
  const { "slack.digestHour": hour, "slack.digestTimeZone": zone } = await readSettings(deps, keys);
  if (hour === null) return;
  const timeZone = zone ?? "UTC";
  const schedule = { periodSeconds: daySeconds, offsetSeconds: hour * 3600, timeZone };
  const now = deps.now();
  const until = tickAt(schedule, now);
  if (now.getTime() - until.getTime() > freshMs) return;
  // Who sets an hour, or a clock, on which it has passed today has asked for tomorrow's.
  const stored = await selectSettings(deps.db, keys);
  if (stored.some(({ updatedAt }) => updatedAt > until)) return;
  const since = tickAt(schedule, new Date(until.getTime() - 1));
  const mark = { kind: "digest", until: until.toISOString() } as const;
  await tellOnce(deps.db, mark, async (tx) => {
    const { pricePerTib, currency } = await readPrice({ ...deps, db: tx });
    const bytes = (await sumBilledSince(tx, since)) - (await sumBilledSince(tx, until));
    const cost = `${priceBytes(bytes, pricePerTib).toFixed(2)} ${currency}`;
    const day = { ...(await selectDigestFacts(tx, { since, until })), cost };
    return { ...mark, since: since.toISOString(), timeZone, day };
  });
}
