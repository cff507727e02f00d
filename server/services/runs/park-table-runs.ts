import type { Reason } from "../../../shared/run.ts";
import { transferNouns } from "../../../shared/transfer.ts";
import { type Overdue, parkReady, selectDelivered, selectOverdue } from "../../db/parking.ts";
import type { Settlement } from "../../db/settlements.ts";
import type { Transition } from "../../db/transition.ts";
import { nextStep } from "../../domain/post-completion.ts";
import { enqueueTransfers } from "../transfers/enqueue-transfers.ts";

/** Starts what is ready for a parked step: a transfer by queueing it, an upload by waiting. */
export async function parkTableRuns(transition: Transition) {
  const parked = await parkReady(transition);
  const atRooms = parked.filter(({ step }) => step !== "upload");
  await enqueueTransfers(transition.tx, atRooms);
  return parked;
}

/** What follows for those whose delivery is done: their end, or their next delivery. */
export async function settleDelivered(transition: Transition): Promise<Settlement[]> {
  const delivered = await selectDelivered(transition);
  return delivered.map(({ id, fence, step, definition, rows, hasMade }) => {
    const next = nextStep(definition, step);
    return {
      tableRunId: id,
      fence,
      state: next === null ? "succeeded" : "running",
      step: next ?? step,
      reason: null,
      rowCount: hasMade ? null : rows,
      tableRows: null,
      extractObjects: null,
      isDelivery: !hasMade,
      job: null,
    };
  });
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

function reasonOf({ step, transferState, error, cancelledBy, timeoutSeconds }: Overdue): Reason {
  const what = `its ${transferNouns[step === "upload" ? "import" : step]}`;
  if (transferState === "cancelled") {
    const by = cancelledBy === null ? "" : ` by ${cancelledBy}`;
    return { code: "cancelled", text: `${what} was cancelled${by}` };
  }
  if (transferState) return { code: "transferFailed", text: error ?? `${what} failed` };
  return { code: "uploadTimeout", text: `no files were uploaded within ${timeoutSeconds} s` };
}
