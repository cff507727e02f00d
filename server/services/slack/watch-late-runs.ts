import { selectUnfinishedTicks } from "../../db/late-runs.ts";
import { tellOnce } from "../../db/outbox.ts";
import { dueAtOf } from "../../domain/late-run.ts";
import type { Deps } from "../deps.ts";

/** Queues news of each run of a tick that has not ended when it was to, once. */
export async function watchLateRuns({ db, now }: Pick<Deps, "db" | "now">): Promise<void> {
  for (const one of await selectUnfinishedTicks(db)) {
    const usual = { seconds: one.usualSeconds, runs: one.usualRuns };
    const { dueAt, why } = dueAtOf(one, new Date(one.tickAt), usual);
    if (dueAt > now()) continue;
    const mark = { kind: "runLate", runId: one.runId } as const;
    await tellOnce(db, mark, async () => ({ ...mark, dueAt: dueAt.toISOString(), why }));
  }
}
