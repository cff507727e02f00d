import { sumBilledSince } from "../../db/costs.ts";
import type { Deps } from "../deps.ts";
import { priceBytes } from "./price-bytes.ts";
import { readPrice } from "./read-price.ts";

/** What a month of UTC, such as 2026-03, has cost up to now, at the price that is set now. */
export async function monthSpent(
  deps: Pick<Deps, "db" | "secretBox" | "givenSettings">,
  month: string,
): Promise<{ spent: number; currency: string }> {
  const { pricePerTib, currency } = await readPrice(deps);
  const bytes = await sumBilledSince(deps.db, new Date(`${month}-01T00:00:00Z`));
  return { spent: priceBytes(bytes, pricePerTib), currency };
}
