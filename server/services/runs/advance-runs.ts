import { messageOf } from "../../../shared/errors.ts";
import type { Reason } from "../../../shared/run.ts";
import {
  type ClaimRow,
  claimExpired,
  claimReady,
  type Held,
  renewClaims,
} from "../../db/claims.ts";
import { turnToLoad } from "../../db/parking.ts";
import { insertJobs, markSubmitted, type NewJob, type Settlement } from "../../db/settlements.ts";
import { inTransition, type Transition } from "../../db/transition.ts";
import { noteTroubles } from "../../db/troubles.ts";
import { backoffMs } from "../../support/retry.ts";
import type { Deps } from "../deps.ts";
import type { DrivenJob } from "../jobs/driven-job.ts";
import { prepareJob } from "../jobs/prepare-job.ts";
import { parkTableRuns, settleOverdue } from "./park-table-runs.ts";
import { settleAwaiting } from "./settle-awaiting.ts";
import { endStranded, settleTableRuns } from "./settle-table-runs.ts";

/** What has gathered since the last pulse. */
export interface Pulse {
  /** Jobs that have ended, and what that means. */
  ended: { driven: DrivenJob; settlement: Settlement }[];
  /** Jobs that BigQuery has taken. */
  submitted: { jobId: number; tableRunId: number; fence: number }[];
  /** Table runs whose reason changes, because BigQuery gives no answer or does again. */
  troubles: { tableRunId: number; fence: number; reason: Reason | null }[];
  /** All claims of this process; their leases are renewed. Null: not yet due. */
  renew: Held[] | null;
  /** Also look for what others left: expired leases, transfers that ended, uploads, ready imports. */
  isSweep: boolean;
}

export interface Advance {
  /** Jobs to drive from here on. Their rows are committed. */
  driven: DrivenJob[];
  /** Which of `renew` are ours still. */
  renewed: { id: number; cancelRequested: boolean }[];
  /** Whether staged files are to be removed. */
  hasLoaded: boolean;
  /** Whether statistics are to be read. */
  hasUnread: boolean;
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
  if (parked.some(({ step }) => step === "import")) {
    deps.changes.publish({ noun: "transfer", id: null });
  }
  for (const { id, runId, tableId } of moved) {
    deps.changes.publish({ noun: "tableRun", id, runId, tableId });
  }
  for (const id of endedRuns) deps.changes.publish({ noun: "run", id, runId: id });
  if (pulse.ended.length + advance.driven.length > 0) {
    deps.changes.publish({ noun: "job", id: null });
  }
  return advance;
}

async function advanceInTransition(deps: Deps, transition: Transition, pulse: Pulse) {
  const renewed = pulse.renew?.length ? await renewClaims(transition, pulse.renew) : [];
  if (pulse.submitted.length > 0) await markSubmitted(transition, pulse.submitted);
  const noted = pulse.troubles.length > 0 ? await noteTroubles(transition, pulse.troubles) : [];
  const turned = pulse.isSweep ? await turnToLoad(transition) : [];
  const overdue = pulse.isSweep ? await settleOverdue(transition) : [];
  const stranded = pulse.isSweep ? await endStranded(transition) : [];
  const awaiting = pulse.isSweep ? await settleAwaiting(transition) : noneAwaiting;
  const settled = await settleTableRuns(transition, pulse.ended, overdue);
  const parked = pulse.isSweep || settled.readiesParked ? await parkTableRuns(transition) : [];
  const claims = [
    ...(pulse.isSweep ? await claimExpired(transition, deps.processId) : []),
    ...(await claimReady(transition, deps.processId, deps.limits)),
  ];
  const { driven, hopeless } = await storeJobs(deps, transition, claims, settled.continuing);
  const failed = await settleTableRuns(transition, [], hopeless);
  return {
    advance: {
      driven,
      renewed,
      hasLoaded: settled.hasLoaded,
      hasUnread: pulse.ended.some(({ settlement: { job } }) => job?.statistics === null),
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
    endedRuns: [...stranded, ...awaiting.endedRuns, ...settled.endedRuns, ...failed.endedRuns],
    parked,
  };
}

const noneAwaiting: Awaited<ReturnType<typeof settleAwaiting>> = { moved: [], endedRuns: [] };

interface Wanted {
  claim: DrivenJob["claim"];
  attempt: number;
  delayMs: number;
}

/**
 * The jobs of what was claimed: the one that goes on, or a new row. What no job can be made of (a
 * definition stored by another version, say) fails alone, and holds up nothing else.
 */
async function storeJobs(
  deps: Deps,
  transition: Transition,
  claims: ClaimRow[],
  continuing: { driven: DrivenJob; settlement: Settlement }[],
): Promise<{ driven: DrivenJob[]; hopeless: Settlement[] }> {
  const driven: DrivenJob[] = [];
  const wanted: Wanted[] = [];
  for (const { job, ...claim } of claims) {
    if (job) driven.push({ claim, job, delayMs: 0 });
    else wanted.push({ claim, attempt: claim.lastAttempt + 1, delayMs: 0 });
  }
  for (const { driven, settlement } of continuing) wanted.push(following(deps, driven, settlement));
  const prepared: (Wanted & { row: NewJob })[] = [];
  const hopeless: Settlement[] = [];
  for (const each of wanted) {
    try {
      prepared.push({ ...each, row: prepareJob(deps, each.claim, each.attempt) });
    } catch (error) {
      hopeless.push(failUnprepared(each.claim, error));
    }
  }
  if (prepared.length === 0) return { driven, hopeless };
  const rows = prepared.map(({ row }) => row);
  const ids = await insertJobs(transition, rows);
  for (const { claim, delayMs, row } of prepared) {
    const id = ids.get(row.bqJobId);
    if (id) driven.push({ claim, delayMs, job: { ...row, id, isSubmitted: false } });
  }
  return { driven, hopeless };
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
function following(
  { random }: Pick<Deps, "random">,
  driven: DrivenJob,
  settlement: Settlement,
): Wanted {
  const { claim, job } = driven;
  if (settlement.step === job.step) {
    const delayMs = backoffMs(job.attempt - claim.earlierAttempts, random);
    return { claim, attempt: job.attempt + 1, delayMs };
  }
  const step = settlement.step as DrivenJob["job"]["step"];
  return { claim: { ...claim, step, earlierAttempts: 0 }, attempt: 1, delayMs: 0 };
}
