import type { Reason } from "../../../shared/run.ts";
import { type Overdue, parkReady, selectOverdue } from "../../db/parking.ts";
import type { Settlement } from "../../db/settlements.ts";
import type { Transition } from "../../db/transition.ts";
import { enqueueImports } from "../transfers/enqueue-imports.ts";

/** Starts the ready imports and uploads: an import by queueing its transfer, an upload by waiting. */
export async function parkTableRuns(transition: Transition) {
  const parked = await parkReady(transition);
  const imports = parked.filter(({ step }) => step === "import");
  await enqueueImports(transition.tx, imports);
  return parked;
}

/** The ends of those that wait in vain. */
export async function settleOverdue(transition: Transition): Promise<Settlement[]> {
  const overdue = await selectOverdue(transition);
  return overdue.map((each) => ({
    tableRunId: each.id,
    fence: each.fence,
    state: each.transferState === "cancelled" ? "cancelled" : "failed",
    step: each.step,
    reason: reasonOf(each),
    rowCount: null,
    tableRows: null,
    extractObjects: null,
    job: null,
  }));
}

function reasonOf({ transferState, error, cancelledBy, timeoutSeconds }: Overdue): Reason {
  if (transferState === "cancelled") {
    const by = cancelledBy === null ? "" : ` by ${cancelledBy}`;
    return { code: "cancelled", text: `its import was cancelled${by}` };
  }
  if (transferState) return { code: "transferFailed", text: error ?? "its import failed" };
  return { code: "uploadTimeout", text: `no files were uploaded within ${timeoutSeconds} s` };
}
