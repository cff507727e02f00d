import type { CostDimension, CostLine, CostsOf, CostsSummary } from "../../../shared/cost.ts";
import { type CostRow, countUnread, selectCosts } from "../../db/costs.ts";
import type { Deps } from "../deps.ts";
import { priceBytes } from "./price-bytes.ts";
import { readPrice } from "./read-price.ts";

const dayMs = 86_400_000;
const mostMovers = 10;

/**
 * What the last `days` UTC days cost, today included, beside as many days before, at the price per
 * TiB that is set now; of one thing alone, where one is named.
 */
export async function summarizeCosts(
  deps: Pick<Deps, "db" | "secretBox" | "givenSettings" | "now">,
  days: number,
  only?: CostsOf,
): Promise<CostsSummary> {
  const now = deps.now();
  const { pricePerTib } = await readPrice(deps);
  const rows = await selectCosts(deps.db, now, days, only);
  const linesOf = (dimension: CostRow["dimension"]): CostLine[] =>
    rows.filter((row) => row.dimension === dimension).map((row) => lineOf(row, pricePerTib));
  const along = (dimension: CostDimension) => linesOf(dimension).filter(({ jobs }) => jobs > 0);
  const byDay = new Map(linesOf("day").map((line) => [line.name, line]));
  const sum = (of: "bytesBilled" | "bytesBefore") =>
    rows.filter((row) => row.dimension === "day").reduce((total, row) => total + row[of], 0);
  return {
    perDay: daysUpTo(now, days).map((day) => {
      const { bytesBilled = 0, price = 0 } = byDay.get(day) ?? {};
      return { day, bytesBilled, price };
    }),
    byTable: along("table"),
    byUser: along("user"),
    byGroup: along("group"),
    byFrequency: along("frequency"),
    movers: moversOf(linesOf("table")),
    totalPrice: priceBytes(sum("bytesBilled"), pricePerTib),
    totalPriceBefore: priceBytes(sum("bytesBefore"), pricePerTib),
    unreadJobs: await countUnread(deps.db, now, days),
  };
}

function lineOf({ name, bytesBilled, jobs, bytesBefore }: CostRow, pricePerTib: number): CostLine {
  const price = priceBytes(bytesBilled, pricePerTib);
  return { name, bytesBilled, price, jobs, priceBefore: priceBytes(bytesBefore, pricePerTib) };
}

/** UTC days as `2026-03-05`, the oldest first. */
export function daysUpTo(now: Date, days: number): string[] {
  return Array.from({ length: days }, (_, index) =>
    new Date(now.getTime() - (days - 1 - index) * dayMs).toISOString().slice(0, 10),
  );
}

function moversOf(lines: CostLine[]): CostLine[] {
  const moved = ({ price, priceBefore }: CostLine) => Math.abs(price - priceBefore);
  return lines
    .filter((line) => moved(line) > 0)
    .sort((a, b) => moved(b) - moved(a))
    .slice(0, mostMovers);
}
