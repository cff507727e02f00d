import { messageOf } from "../../../shared/errors.ts";
import { isDataFault } from "../../db/constraint.ts";
import type { Deps } from "../deps.ts";
import { failJob } from "../jobs/complete-job.ts";
import { giveUpStatistics } from "../jobs/read-statistics.ts";
import { type Advance, advanceRuns, type Pulse } from "./advance-runs.ts";

/**
 * A pulse (advance-runs.ts) that gets around what PostgreSQL refuses to store. One such value fails the
 * pulse's whole transaction, and every pulse after it, since what was not written is in the next one
 * too. So after such a failure all that had gathered is written one by one, and what is refused fails
 * alone: a job's end as a fault of ours, figures as ones that cannot be read. A crash between two of
 * these transactions is one between two pulses.
 */
export async function advanceAroundFaults(deps: Deps, pulse: Pulse): Promise<Advance> {
  try {
    return await advanceRuns(deps, pulse);
  } catch (error) {
    if (!isDataFault(error) || pulse.ended.length + pulse.read.length === 0) throw error;
    deps.log.error({ err: error }, "PostgreSQL refuses a pulse; writing its parts one by one");
    return advanceOneByOne(deps, pulse);
  }
}

type End = Pulse["ended"][number];
type Read = Pulse["read"][number];

async function advanceOneByOne(deps: Deps, pulse: Pulse): Promise<Advance> {
  const advances = [await advanceRuns(deps, { ...pulse, ended: [], read: [] })];
  for (const end of pulse.ended) advances.push(await writeEnd(deps, end));
  for (const read of pulse.read) advances.push(await writeRead(deps, read));
  const all = <Key extends keyof Advance>(key: Key) => advances.map((each) => each[key]);
  return {
    driven: all("driven").flat(),
    putOff: all("putOff").flat(),
    renewed: all("renewed").flat(),
    hasLoaded: all("hasLoaded").includes(true),
    hasQueued: all("hasQueued").includes(true),
    awaitedTables: all("awaitedTables").flat(),
    unread: all("unread").flat(),
    succeeded: all("succeeded").flat(),
  };
}

const nothing: Pulse = {
  ended: [],
  submitted: [],
  troubles: [],
  read: [],
  held: [],
  isRenewal: false,
  isSweep: false,
  awaited: { tableIds: [], runIds: [] },
};

async function writeEnd(deps: Deps, end: End): Promise<Advance> {
  const { driven } = end;
  const write = (each: End) => advanceRuns(deps, { ...nothing, ended: [each] });
  try {
    return await write(end);
  } catch (error) {
    if (!isDataFault(error)) throw error;
    deps.log.error({ job: driven.job.bqJobId, err: error }, "a job's end cannot be stored");
    const fault = new Error(`its end cannot be stored (${messageOf(error)})`);
    return write({ driven, settlement: failJob(driven, fault) });
  }
}

async function writeRead(deps: Deps, read: Read): Promise<Advance> {
  const write = (each: Read) => advanceRuns(deps, { ...nothing, read: [each] });
  try {
    return await write(read);
  } catch (error) {
    if (!isDataFault(error)) throw error;
    deps.log.error({ job: read.jobId, err: error }, "a job's figures cannot be stored");
    return write(giveUpStatistics(read.jobId, `they cannot be stored: ${messageOf(error)}`));
  }
}
