import type { RunListItem } from "../../../shared/run.ts";
import type { HomeView, LateFrequency } from "../../../shared/system.ts";
import { selectCosts } from "../../db/costs.ts";
import { selectMendedRuns } from "../../db/mended-runs.ts";
import { listRuns } from "../../db/runs.ts";
import { countTablesByKind } from "../../db/tables.ts";
import { selectOverlaps, selectTickingFrequencies } from "../../db/ticks.ts";
import { tickAt } from "../../domain/frequency.ts";
import { priceBytes } from "../costs/price-bytes.ts";
import { readPrice } from "../costs/read-price.ts";
import type { Deps } from "../deps.ts";
import { listLongWaits } from "../why/list-long-waits.ts";

const runsShown = 20;
const recentDays = 7;
/** The newest that are looked through for those that need attention still. */
const failedLookedAt = 200;
/** A tick is late once no daemon has taken it up for this long. */
const lateMs = 30_000;

/** What one wants to know first: what runs, what failed, what is late, what today has cost. */
export async function describeHome(
  deps: Pick<Deps, "db" | "now" | "secretBox" | "givenSettings" | "limits">,
): Promise<HomeView> {
  const { db } = deps;
  const now = deps.now();
  const [tableCounts, running, failed, overlaps, longWaits, late, costs, { pricePerTib }] =
    await Promise.all([
      countTablesByKind(db),
      listRuns(db, { limit: runsShown, state: "running" }),
      listUnmended(db, now),
      selectOverlaps(db, { days: recentDays, limit: runsShown }),
      listLongWaits(deps, runsShown),
      findLate(deps),
      selectCosts(db, now, 1),
      readPrice(deps),
    ]);
  const today = costs.find(({ dimension }) => dimension === "day");
  const bytesBilled = today?.bytesBilled ?? 0;
  return {
    tableCounts,
    running,
    failedRecently: failed.slice(0, runsShown),
    late,
    overlaps,
    longWaits,
    today: {
      bytesBilled,
      price: priceBytes(bytesBilled, pricePerTib),
      jobs: today?.jobs ?? 0,
    },
  };
}

/** The runs that failed of late, as far as what failed has not succeeded since. */
async function listUnmended(db: Deps["db"], now: Date): Promise<RunListItem[]> {
  const failed = await listRuns(db, { limit: failedLookedAt, state: "failed" });
  const recent = failed.filter(
    ({ endedAt }) =>
      endedAt !== null && now.getTime() - Date.parse(endedAt) < recentDays * 86_400_000,
  );
  const mended = await selectMendedRuns(
    db,
    recent.map(({ id }) => id),
  );
  return recent.filter(({ id }) => !mended.has(id));
}

async function findLate(deps: Pick<Deps, "db" | "now">): Promise<LateFrequency[]> {
  const now = deps.now();
  const frequencies = await selectTickingFrequencies(deps.db, now);
  return frequencies.flatMap((frequency) => {
    const at = tickAt(frequency, now);
    const isRecorded = frequency.lastTickAt !== null && frequency.lastTickAt >= at;
    const { id: frequencyId, name, trouble } = frequency;
    const isLate = trouble !== null || now.getTime() - at.getTime() > lateMs;
    const isDue = at >= frequency.effectiveFrom && isLate;
    if (isRecorded || !isDue || !frequency.hasTables) return [];
    return [{ frequencyId, name, tickAt: at.toISOString(), trouble }];
  });
}
