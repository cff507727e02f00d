import type { Deps } from "../deps.ts";
import { readSettings } from "../settings/read-settings.ts";

/** What a TiB costs now, in units of the currency that is set. */
export async function readPrice(
  deps: Pick<Deps, "db" | "secretBox" | "givenSettings">,
): Promise<{ pricePerTib: number; currency: string }> {
  const values = await readSettings(deps, ["costs.pricePerTibCents", "costs.currency"]);
  const { "costs.pricePerTibCents": cents, "costs.currency": currency } = values;
  return { pricePerTib: (cents ?? 0) / 100, currency: currency ?? "USD" };
}
