import { pino } from "pino";
import { expect, test } from "vitest";
import type { DrivenJob } from "../../../server/services/jobs/driven-job.ts";
import { untilAnswered } from "../../../server/services/jobs/until-answered.ts";
import { MaestroError } from "../../../shared/errors.ts";

/** How long a call pauses that BigQuery answers with a wish to be let alone for an hour. */
async function pauseMs(...longest: number[]): Promise<number | undefined> {
  const end = new AbortController();
  let told: number | undefined;
  const busy = new MaestroError("warehouse", "busy", { retryable: true, retryAfterMs: 3_600_000 });
  const asked = untilAnswered(
    { random: () => 0, log: pino({ level: "silent" }) },
    {} as DrivenJob,
    () => Promise.reject(busy),
    {
      signal: end.signal,
      cancel: new AbortController().signal,
      cancelledMs: () => 0,
      onTrouble: (_, ms) => {
        told = ms;
        end.abort(new Error("told"));
      },
    },
    ...longest,
  );
  await expect(asked).rejects.toThrow("told");
  return told;
}

test("a look at a job is put off by 30 s at most, and an insert for as long as BigQuery asks", async () => {
  expect(await pauseMs()).toBe(30_000);
  expect(await pauseMs(Number.POSITIVE_INFINITY)).toBe(3_600_000);
});
