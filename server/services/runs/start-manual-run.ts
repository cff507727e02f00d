import type { RunSelection } from "../../../shared/run.ts";
import { type Actor, recordChange } from "../audit/record-change.ts";
import type { Deps } from "../deps.ts";
import { startRun } from "./start-run.ts";

/** Starts a run for a person, and writes down that they did. */
export async function startManualRun(
  deps: Pick<Deps, "db" | "pool" | "changes" | "log">,
  selection: RunSelection,
  actor: Actor,
): Promise<{ runId: number }> {
  const started = await startRun(deps, selection, actor);
  await recordChange(deps.db, actor, {
    action: "run.start",
    subjectKind: "run",
    subjectId: started.runId,
    detail: { ...selection },
  });
  return started;
}
