import type { CostLine, CostsSummary } from "../../../shared/cost.ts";
import { type CostDimension, countUnread, selectCosts } from "../../db/costs.ts";
import type { Deps } from "../deps.ts";
import { priceBytes } from "./price-bytes.ts";
import { readPrice } from "./read-price.ts";

const dayMs = 86_400_000;

/** What the last `days` UTC days cost, today included, at the price per TiB that is set now. */
export async function summarizeCosts(
  deps: Pick<Deps, "db" | "secretBox" | "givenSettings" | "now">,
  days: number,
): Promise<CostsSummary> {
  const now = deps.now();
  const { pricePerTib } = await readPrice(deps);
  const rows = await selectCosts(deps.db, now, days);
  const along = (dimension: CostDimension): CostLine[] =>
    rows
      .filter((row) => row.dimension === dimension)
      .map(({ name, bytesBilled, jobs }) => ({
        name,
        bytesBilled,
        price: priceBytes(bytesBilled, pricePerTib),
        jobs,
      }));
  const byDay = new Map(along("day").map((line) => [line.name, line]));
  const perDay = daysUpTo(now, days).map((day) => {
    const line = byDay.get(day);
    return { day, bytesBilled: line?.bytesBilled ?? 0, price: line?.price ?? 0 };
  });
  const totalBytes = perDay.reduce((sum, { bytesBilled }) => sum + bytesBilled, 0);
  return {
    perDay,
    byTable: along("table"),
    byUser: along("user"),
    byGroup: along("group"),
    byFrequency: along("frequency"),
    totalPrice: priceBytes(totalBytes, pricePerTib),
    unreadJobs: await countUnread(deps.db, now, days),
  };
}

/** UTC days as `2026-03-05`, the oldest first. */
export function daysUpTo(now: Date, days: number): string[] {
  return Array.from({ length: days }, (_, index) =>
    new Date(now.getTime() - (days - 1 - index) * dayMs).toISOString().slice(0, 10),
  );
}
