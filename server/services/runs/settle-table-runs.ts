import type { TableRunState } from "../../../shared/run.ts";
import { isParkedStep } from "../../../shared/table-run-step.ts";
import { tellEndedRun } from "../../db/outbox.ts";
import {
  countFinished,
  endRun,
  type Settled,
  type Settlement,
  selectStranded,
  settle,
  skipDescendants,
} from "../../db/settlements.ts";
import { forgetWatermark } from "../../db/tables.ts";
import type { Transition } from "../../db/transition.ts";
import { runOutcome } from "../../domain/run-state.ts";
import { miscountReason } from "../jobs/complete-job.ts";
import type { DrivenJob } from "../jobs/driven-job.ts";
import { unknownReasons } from "../jobs/look-for-job.ts";
import { notifyCompletion } from "../notifications/notify-completion.ts";
import { enqueueTransfers } from "../transfers/enqueue-transfers.ts";
import { finishImport } from "../transfers/finish-import.ts";

export interface Moved {
  id: number;
  runId: number;
  tableId: number;
}

export interface EndedJob {
  driven: DrivenJob;
  settlement: Settlement;
}

/**
 * Writes how jobs and parked table runs ended, and all that follows in the same commit: the
 * watermarks of imports, queued deliveries, ready children, skipped descendants, and the ends of runs,
 * exactly once.
 */
export async function settleTableRuns(
  transition: Transition,
  ended: EndedJob[],
  unparked: Settlement[],
): Promise<Settling> {
  const settlements = [...ended.map(({ settlement }) => settlement), ...unparked];
  if (settlements.length === 0) return nothing;
  const settled = await settle(transition, settlements);
  const written = new Map(settled.map((each) => [each.id, each]));
  const ours = ended.filter(({ settlement }) => written.has(settlement.tableRunId));
  const parked = unparked.map((settlement) => ({ settlement, driven: null }));
  await notifyCompletion(transition, [...ended, ...parked], written);
  const loaded = ours.filter(hasLoaded);
  for (const { driven } of loaded) {
    const { staged, ...tableRun } = driven.claim;
    if (staged) await finishImport(transition.tx, tableRun, { result: staged });
  }
  for (const { driven } of ours.filter(hasSpoiltImport)) {
    await forgetWatermark(transition.tx, driven.claim.tableId);
  }
  const arrived = settlements.filter(
    ({ tableRunId, state, step }) =>
      state === "running" && isParkedStep(step) && written.has(tableRunId),
  );
  const late = await queueDeliveries(transition, arrived, written);
  const of = (...wanted: TableRunState[]) => settled.filter(({ state }) => wanted.includes(state));
  const failed = of("failed", "cancelled").map(({ id }) => id);
  const skipped = failed.length > 0 ? await skipDescendants(transition, failed) : [];
  return {
    moved: [...settled, ...skipped, ...late.moved],
    continuing: ours
      .filter(({ settlement }) => settlement.state === "running" && !isParkedStep(settlement.step))
      .map((each) => withCancel(each, written.get(each.settlement.tableRunId))),
    succeeded: ours
      .filter(({ settlement }) => settlement.state === "succeeded" || isParkedStep(settlement.step))
      .map(({ driven }) => driven.claim),
    readiesParked: settled.some((each) => each.readiesParked),
    hasLoaded: loaded.length > 0,
    hasQueued: arrived.length > 0,
    awaitedTables: settled.flatMap((each) => (each.isAwaited ? [each.tableId] : [])),
    // After a failure the rest may have been skipped: then the run is looked at again.
    endedRuns: [
      ...late.endedRuns,
      ...(await endRuns(
        transition,
        settled.filter(
          ({ state, isLast }) => isLast || state === "failed" || state === "cancelled",
        ),
      )),
    ],
  };
}

/**
 * Queues the transfers of those that have come to one. One whose run was cancelled meanwhile ends here:
 * nobody drives it any more who would hear of it.
 */
async function queueDeliveries(
  transition: Transition,
  arrived: Settlement[],
  written: Map<number, Settled>,
): Promise<Settling> {
  const isLate = ({ tableRunId }: Settlement) =>
    (written.get(tableRunId)?.cancelledSeconds ?? null) !== null;
  const wanted = arrived.filter((each) => !isLate(each));
  await enqueueTransfers(
    transition.tx,
    wanted.map(({ tableRunId }) => ({ id: tableRunId })),
  );
  const cancelled = arrived.filter(isLate).map(({ tableRunId, fence, step }): Settlement => {
    const reason = { code: "cancelled" as const, text: `cancelled before its ${step}` };
    const none = { rowCount: null, tableRows: null, extractObjects: null, job: null };
    return { tableRunId, fence, state: "cancelled", step, reason, ...none };
  });
  return settleTableRuns(transition, [], cancelled);
}

interface Settling {
  moved: Moved[];
  /** Those whose next job is to be driven. */
  continuing: EndedJob[];
  /** Table runs that have given their tables new contents. */
  succeeded: DrivenJob["claim"][];
  readiesParked: boolean;
  hasLoaded: boolean;
  hasQueued: boolean;
  awaitedTables: number[];
  endedRuns: number[];
}

const nothing: Settling = {
  moved: [],
  continuing: [],
  succeeded: [],
  readiesParked: false,
  hasLoaded: false,
  hasQueued: false,
  awaitedTables: [],
  endedRuns: [],
};

/** A run that was cancelled while the job ended gets no other job. */
function withCancel({ driven, settlement }: EndedJob, written: Settled | undefined): EndedJob {
  const cancelledSeconds = written?.cancelledSeconds ?? null;
  return { settlement, driven: { ...driven, claim: { ...driven.claim, cancelledSeconds } } };
}

function hasLoaded({ driven, settlement }: EndedJob): boolean {
  return driven.job.step === "load" && settlement.job?.state === "succeeded";
}

/**
 * After a load that stored other rows than were staged, or of which nobody knows whether it stored
 * them, rows above the watermark may be in the table: the next import appends none to them.
 */
function hasSpoiltImport({ driven: { claim, job }, settlement }: EndedJob): boolean {
  const isImport = job.step === "load" && claim.staged !== null;
  const reason = settlement.job?.errorReason ?? "";
  const isSpoilt = [...unknownReasons, miscountReason].includes(reason);
  return isImport && isSpoilt && claim.definition.idColumn !== null;
}

/** Ends those of the runs in which nothing is left to do; their ids. */
export async function endRuns(transition: Transition, moved: Pick<Moved, "runId">[]) {
  if (moved.length === 0) return [];
  const runIds = [...new Set(moved.map(({ runId }) => runId))];
  const endedRuns: number[] = [];
  for (const { id, counts } of await countFinished(transition, runIds)) {
    await endRun(transition, id, runOutcome(counts ?? {}) ?? "succeeded");
    await tellEndedRun(transition, id);
    endedRuns.push(id);
  }
  return endedRuns;
}

/** Ends what should have been ended, whatever kept that from being done. */
export async function endStranded(transition: Transition): Promise<number[]> {
  const stranded = await selectStranded(transition);
  return endRuns(
    transition,
    stranded.map(({ id }) => ({ runId: id })),
  );
}
