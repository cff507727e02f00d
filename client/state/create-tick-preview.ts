import type { Condition } from "../../shared/condition.ts";
import type { TickPreview } from "../../shared/frequency.ts";
import { api } from "../trpc.ts";
import { type ApiQuery, createApiQuery } from "./create-api-query.ts";

interface Schedule {
  periodSeconds: number;
  offsetSeconds: number;
  timeZone: string | null;
}

/**
 * The next ticks of a schedule as it is edited; with conditions, those in which a table with them
 * takes part. Nothing is asked while `schedule` is null. The last answer stays until the next comes.
 */
export function createTickPreview(
  schedule: () => Schedule | null,
  conditions: () => Condition[] = () => [],
): ApiQuery<TickPreview> {
  return createApiQuery(
    () => ["frequencies", "preview", schedule(), conditions()],
    (signal) => {
      const { periodSeconds, offsetSeconds, timeZone } = schedule() ?? never();
      const input = { periodSeconds, offsetSeconds, timeZone, conditions: conditions() };
      return api.frequencies.preview.query(input, { signal });
    },
    { enabled: () => schedule() !== null, keepPrevious: true, pollMs: () => 60_000 },
  );
}

function never(): never {
  throw new Error("asked for the ticks of no schedule");
}
