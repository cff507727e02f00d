import type { Reason } from "../../shared/run.ts";
import { isParkedStep } from "../../shared/table-run-step.ts";
import { andMore } from "../../shared/text.ts";
import { transferKinds, transferNouns } from "../../shared/transfer.ts";
import type { WaitFacts } from "../../shared/wait-facts.ts";
import { utcText } from "./words.ts";

interface Limits {
  concurrentTableRuns: number;
  concurrentTableRunsPerRun: number;
}

/** What a table run waits for, or null where it waits for nothing: it is being worked off. */
export function waitReason(facts: WaitFacts, limits: Limits): Reason | null {
  if (facts.state === "waiting") return beforeReady(facts);
  if (facts.state === "ready") return beforeStart(facts, limits);
  if (!facts.isParked) return null;
  const kind = transferKinds.find((each) => each === facts.step);
  if (kind) return atRoom(facts, `its ${transferNouns[kind]}`);
  if (facts.uploadUntil !== null) {
    const text = `waits until ${utcText(facts.uploadUntil)} for its files to be uploaded`;
    return { code: "waitingForUpload", text, until: facts.uploadUntil };
  }
  return beforeStart(facts, limits);
}

/** Parents first: while one is under way, the tick of another frequency holds nothing. */
function beforeReady(facts: WaitFacts): Reason {
  const { pendingParent, pendingTick, awaitUntil } = facts;
  if (pendingParent) {
    const text = `waits for ${andMore(pendingParent.tableName, facts.pendingParents)}`;
    return { code: "parentsPending", text, ...pendingParent };
  }
  if (!pendingTick) return { code: "starting", text: "its parents are done: it is about to start" };
  const { tableName, frequencyId, tickAt, runId } = pendingTick;
  const where = runId === null ? "which has not made a run yet" : `run ${runId}`;
  const until = awaitUntil === null ? "" : `, until ${utcText(awaitUntil)}`;
  const what = andMore(tableName, facts.pendingTicks);
  return {
    code: "parentTick",
    text: `waits for ${what}: the tick of ${utcText(tickAt)} of ${pendingTick.frequencyName}, ${where}${until}`,
    tableName,
    frequencyId,
    tickAt,
    ...(runId === null ? {} : { runId }),
    ...(awaitUntil === null ? {} : { until: awaitUntil }),
  };
}

function beforeStart(facts: WaitFacts, limits: Limits): Reason {
  if (facts.busy) {
    const text = `waits for run ${facts.busy.runId}, which runs the same table`;
    return { code: "tableBusy", text, ...facts.busy };
  }
  if (!facts.hasDaemon) return { code: "noDaemon", text: "waits for a daemon: none is running" };
  const needsSlot = facts.state !== "ready" || !isParkedStep(facts.step);
  const { concurrentTableRuns: most, concurrentTableRunsPerRun: mostOfRun } = limits;
  if (needsSlot && facts.slotsBusy >= most) {
    const text = `waits for a free slot: ${facts.slotsBusy} of ${most} are busy`;
    return { code: "slotsFull", text };
  }
  if (needsSlot && facts.runSlotsBusy >= mostOfRun) {
    const text = `waits for a free slot: ${facts.runSlotsBusy} of its run's ${mostOfRun} are busy`;
    return { code: "runSlotsFull", text };
  }
  return { code: "starting", text: "is about to start" };
}

function atRoom({ transfer }: WaitFacts, what: string): Reason | null {
  if (transfer?.state === "running" || transfer?.state === "succeeded") return null;
  if (transfer?.fullDatabase) {
    const { name, limit } = transfer.fullDatabase;
    const text = `${what} waits for its turn: ${name} may have ${limit} transfers at once`;
    return { code: "waitingForRoom", text };
  }
  if (!transfer?.error) return { code: "waitingForRoom", text: `${what} waits for a free room` };
  const { error, retryAt } = transfer;
  const when = retryAt === null ? "soon" : `after ${utcText(retryAt)}`;
  const until = retryAt === null ? {} : { until: retryAt };
  return { code: "waitingForRoom", text: `${what} is tried again ${when}: ${error}`, ...until };
}
