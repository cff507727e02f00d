import type { TableCosts } from "../../../shared/cost.ts";
import { selectTableCosts } from "../../db/costs.ts";
import type { Deps } from "../deps.ts";
import { priceBytes } from "./price-bytes.ts";
import { readPrice } from "./read-price.ts";
import { daysUpTo } from "./summarize-costs.ts";

/** What a table's jobs billed on the last `days` UTC days, at the price per TiB that is set now. */
export async function tableCosts(
  deps: Pick<Deps, "db" | "secretBox" | "givenSettings" | "now">,
  id: number,
  days: number,
): Promise<TableCosts> {
  const now = deps.now();
  const { pricePerTib } = await readPrice(deps);
  const rows = await selectTableCosts(deps.db, id, now, days);
  const byDay = new Map(rows.map((row) => [row.day, row.bytesBilled]));
  const perDay = daysUpTo(now, days).map((day) => {
    const bytesBilled = byDay.get(day) ?? 0;
    return { day, bytesBilled, price: priceBytes(bytesBilled, pricePerTib) };
  });
  const bytes = rows.reduce((sum, row) => sum + row.bytesBilled, 0);
  const jobs = rows.reduce((sum, row) => sum + row.jobs, 0);
  return { perDay, totalPrice: priceBytes(bytes, pricePerTib), jobs };
}
