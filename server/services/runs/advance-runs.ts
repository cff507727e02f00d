import { messageOf } from "../../../shared/errors.ts";
import type { Reason } from "../../../shared/run.ts";
import {
  type ClaimRow,
  claimExpired,
  claimReady,
  type Held,
  renewClaims,
} from "../../db/claims.ts";
import { type ReadJob, storeStatistics, type UnreadJob } from "../../db/job-statistics.ts";
import { turnToLoad } from "../../db/parking.ts";
import { insertJobs, markSubmitted, type NewJob, type Settlement } from "../../db/settlements.ts";
import { inTransition, type Transition } from "../../db/transition.ts";
import { noteTroubles } from "../../db/troubles.ts";
import { allEnded } from "../../support/all-ended.ts";
import type { Deps } from "../deps.ts";
import type { DrivenJob } from "../jobs/driven-job.ts";
import { prepareJob } from "../jobs/prepare-job.ts";
import { parkTableRuns, settleDelivered, settleOverdue } from "./park-table-runs.ts";
import { putOffLocked } from "./put-off-locked.ts";
import { settleAwaiting, type WaitsFor } from "./settle-awaiting.ts";
import { endRuns, endStranded, settleTableRuns } from "./settle-table-runs.ts";

/** What has gathered since the last pulse. */
export interface Pulse {
  /** Jobs that have ended, and what that means. */
  ended: { driven: DrivenJob; settlement: Settlement }[];
  /** Jobs that BigQuery has taken. */
  submitted: { jobId: number; tableRunId: number; fence: number }[];
  /** Table runs whose reason changes, because BigQuery gives no answer or does again. */
  troubles: { tableRunId: number; fence: number; reason: Reason | null }[];
  /** Statistics that were read. */
  read: ReadJob[];
  /** All claims of this process. */
  held: Held[];
  /** Renew their leases. */
  isRenewal: boolean;
  /** Also look for what others left: expired leases, transfers that ended, uploads, ready imports. */
  isSweep: boolean;
  /** Whose waits for ticks of other frequencies it looks at; null looks at all. */
  awaited: WaitsFor | null;
}

export interface Advance {
  /** Jobs to drive from here on. Their rows are committed. */
  driven: DrivenJob[];
  /** Those of `ended` that were not written: they belong in the next pulse. */
  putOff: Pulse["ended"];
  /** Which of `held` are ours still, where they were renewed. */
  renewed: { id: number; cancelledSeconds: number | null }[];
  /** Whether staged files are to be removed. */
  hasLoaded: boolean;
  /** Whether table runs have come to a transfer. */
  hasQueued: boolean;
  /** Tables that ended, and that table runs of other frequencies wait for: for the next pulse. */
  awaitedTables: number[];
  /** Jobs that have succeeded, and whose statistics are to be read. */
  unread: UnreadJob[];
  /** Table runs that have given their tables new contents. */
  succeeded: DrivenJob["claim"][];
}

/**
 * One pulse of the dispatcher: in one transition, and one commit, everything that ended is written,
 * what that makes ready is claimed, and the rows of the next jobs are stored. A crash before the
 * commit changes nothing: the jobs are in BigQuery under their ids, and whoever claims next finds
 * them ended. A crash after it, before a job is submitted, leaves a stored row that the next
 * claimant submits.
 */
export async function advanceRuns(deps: Deps, pulse: Pulse): Promise<Advance> {
  const { advance, moved, endedRuns, parked } = await inTransition(deps.pool, (transition) =>
    advanceInTransition(deps, transition, pulse),
  );
  if (advance.hasQueued || parked.some(({ step }) => step !== "upload")) {
    deps.changes.publish({ noun: "transfer", id: null });
  }
  for (const { id, runId, tableId } of moved) {
    deps.changes.publish({ noun: "tableRun", id, runId, tableId });
  }
  for (const id of endedRuns) deps.changes.publish({ noun: "run", id, runId: id });
  if (pulse.ended.length + pulse.read.length + advance.driven.length > 0) {
    deps.changes.publish({ noun: "job", id: null });
  }
  return advance;
}

async function advanceInTransition(deps: Deps, transition: Transition, pulse: Pulse) {
  const heldIds = pulse.held.map(({ tableRunId }) => tableRunId);
  const turned = pulse.isSweep ? await turnToLoad(transition) : [];
  const unparked = pulse.isSweep
    ? [...(await settleOverdue(transition)), ...(await settleDelivered(transition))]
    : [];
  const stranded = pulse.isSweep ? await endStranded(transition) : [];
  const awaiting = asksForWaits(pulse)
    ? await settleAwaiting(transition, pulse.awaited)
    : noneAwaiting;
  const { ended, putOff } = await putOffLocked(transition, pulse.ended);
  // In this order, and sent without a wait for each other's answers.
  const [renewed, , noted, finished, settled, expired, ready] = await allEnded([
    pulse.isRenewal ? renewClaims(transition, pulse.held) : [],
    pulse.submitted.length > 0 ? markSubmitted(transition, pulse.submitted) : null,
    pulse.troubles.length > 0 ? noteTroubles(transition, pulse.troubles) : [],
    pulse.read.length > 0 ? storeStatistics(transition, pulse.read) : [],
    settleTableRuns(transition, ended, unparked),
    pulse.isSweep ? claimExpired(transition, deps.processId, heldIds) : [],
    claimReady(transition, deps.processId, deps.limits),
  ]);
  const parked = pulse.isSweep || settled.readiesParked ? await parkTableRuns(transition) : [];
  const claims = [...expired, ...ready];
  const figured = await endRuns(transition, finished);
  const { goingOn, prepared, hopeless } = prepareJobs(deps, claims, settled.continuing);
  const failed = await settleTableRuns(transition, [], hopeless);
  const driven = [...goingOn, ...(await storeJobs(transition, prepared))];
  return {
    advance: {
      driven,
      putOff,
      renewed,
      hasLoaded: settled.hasLoaded,
      hasQueued: settled.hasQueued,
      awaitedTables: settled.awaitedTables,
      unread: ended.flatMap(unreadJob),
      succeeded: settled.succeeded,
    },
    moved: [
      ...noted,
      ...turned,
      ...awaiting.moved,
      ...settled.moved,
      ...parked,
      ...claims,
      ...failed.moved,
    ],
    endedRuns: [
      ...stranded,
      ...awaiting.endedRuns,
      ...settled.endedRuns,
      ...figured,
      ...failed.endedRuns,
    ],
    parked,
  };
}

function asksForWaits({ awaited }: Pulse): boolean {
  return awaited === null || awaited.tableIds.length + awaited.runIds.length > 0;
}

const noneAwaiting: Awaited<ReturnType<typeof settleAwaiting>> = { moved: [], endedRuns: [] };

function unreadJob({ driven: { job, claim }, settlement }: Pulse["ended"][number]): UnreadJob[] {
  return settlement.job?.statistics === null
    ? [{ id: job.id, bqJobId: job.bqJobId, cloud: claim.cloud, waitedSeconds: 0 }]
    : [];
}

interface Wanted {
  claim: DrivenJob["claim"];
  attempt: number;
  delayMs: number;
}

interface Prepared extends Wanted {
  row: NewJob;
}

/**
 * The jobs of what was claimed: the one that goes on, or a new row. What no job can be made of (a
 * definition stored by another version, say) fails alone, and holds up nothing else.
 */
function prepareJobs(
  deps: Deps,
  claims: ClaimRow[],
  continuing: { driven: DrivenJob; settlement: Settlement }[],
): { goingOn: DrivenJob[]; prepared: Prepared[]; hopeless: Settlement[] } {
  const goingOn: DrivenJob[] = [];
  const wanted: Wanted[] = [];
  for (const { job, ...claim } of claims) {
    if (job) goingOn.push({ claim, job, isNew: false, delayMs: 0 });
    else wanted.push({ claim, attempt: claim.lastAttempt + 1, delayMs: 0 });
  }
  for (const { driven, settlement } of continuing) wanted.push(following(driven, settlement));
  const prepared: Prepared[] = [];
  const hopeless: Settlement[] = [];
  for (const each of wanted) {
    try {
      prepared.push({ ...each, row: prepareJob(deps, each.claim, each.attempt) });
    } catch (error) {
      hopeless.push(failUnprepared(each.claim, error));
    }
  }
  return { goingOn, prepared, hopeless };
}

/** The transition's last statement. */
async function storeJobs(transition: Transition, prepared: Prepared[]): Promise<DrivenJob[]> {
  if (prepared.length === 0) return [];
  const rows = prepared.map(({ row }) => row);
  const ids = await insertJobs(transition, rows);
  return prepared.flatMap(({ claim, delayMs, row }) => {
    const id = ids.get(row.bqJobId);
    if (id === undefined) return [];
    return [{ claim, delayMs, isNew: true, job: { ...row, id, isSubmitted: false } }];
  });
}

function failUnprepared(claim: DrivenJob["claim"], error: unknown): Settlement {
  return {
    tableRunId: claim.id,
    fence: claim.fence,
    state: "failed",
    step: claim.step,
    reason: { code: "internal", text: `no job could be made of it: ${messageOf(error)}` },
    rowCount: null,
    tableRows: null,
    extractObjects: null,
    job: null,
  };
}

/** The next step's first attempt, or after a transient fault the same step's next, after a while. */
function following({ claim, job }: DrivenJob, settlement: Settlement): Wanted {
  if (settlement.step === job.step) {
    return { claim, attempt: job.attempt + 1, delayMs: settlement.retryInMs ?? 0 };
  }
  const step = settlement.step as DrivenJob["job"]["step"];
  const { tableSchema = null } = settlement;
  return { claim: { ...claim, step, earlierAttempts: 0, tableSchema }, attempt: 1, delayMs: 0 };
}
