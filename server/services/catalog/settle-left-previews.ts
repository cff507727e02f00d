import { selectLeftPreviews } from "../../db/preview-jobs.ts";
import type { Deps } from "../deps.ts";
import { settlePreview } from "./settle-preview.ts";

/** Longer than any preview may take. */
const leftAfterMs = 15 * 60_000;
const mostAtOnce = 100;

/** Settles the previews whose daemon died, or could not reach BigQuery, before they ended. */
export async function settleLeftPreviews(
  deps: Pick<Deps, "db" | "warehouse" | "now" | "log">,
  signal: AbortSignal,
): Promise<void> {
  const before = new Date(deps.now().getTime() - leftAfterMs);
  for (const jobId of await selectLeftPreviews(deps.db, before, mostAtOnce)) {
    if (signal.aborted) return;
    await settlePreview(
      deps,
      jobId,
      "BigQuery has no such job: it was not submitted, or to another project",
    );
  }
}
