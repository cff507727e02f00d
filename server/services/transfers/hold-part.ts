import { MaestroError, messageOf } from "../../../shared/errors.ts";
import {
  type ClaimedPart,
  handBackPart,
  type PartSettlement,
  renewPart,
  settlePart,
} from "../../db/transfer-parts.ts";
import { maxAttempts } from "../../db/transfers.ts";
import type { Deps } from "../deps.ts";
import { keepTrying } from "./keep-trying.ts";
import { publishTransfer } from "./publish-transfer.ts";
import { reportProgress } from "./report-progress.ts";
import type { Staged } from "./stage-select.ts";
import type { Progress } from "./transfer-work.ts";

type Outcome = PartSettlement | { state: "handBack"; error: string | null; isAttempt: boolean };

/** A part of another room's import, from its claim to its settlement. */
export interface HeldPart {
  part: ClaimedPart;
  /** Aborted when it is to be let go. */
  signal: AbortSignal;
  report: (progress: Progress) => void;
  /** As its uploads end. Never throws, as the two below. */
  settle(uploaded: Promise<Staged>): Promise<void>;
  fail(error: unknown): Promise<void>;
  /** It is nobody's fault. */
  handBack(): Promise<void>;
}

/**
 * Keeps the lease of a claimed part until it is settled; how it ended is on its row.
 *   done                                       → done
 *   handed back, or `drain` aborted            → handed back, no attempt counted
 *   a transient fault                          → handed back; the last attempt failed
 *   any other fault                            → failed
 *   the transfer has ended or begun anew, or another room has the part → nothing; `onLost` is called
 */
export function holdPart(
  deps: Deps,
  part: ClaimedPart,
  { drain, onLost }: { drain: AbortSignal; onLost: () => void },
): HeldPart {
  const lost = new AbortController();
  const renew = ({ rows, bytes }: Progress) => renewPart(deps.db, part, { rows, bytes });
  const progress = reportProgress(deps, keysOf(part), renew, () => {
    lost.abort();
    onLost();
  });
  const end = async (outcome: Outcome) => {
    await progress.stop();
    if (!lost.signal.aborted) await writeOutcome(deps, part, outcome);
  };
  const fail = (error: unknown) => {
    const outcome = outcomeOf(error, part, drain.aborted);
    const facts = { err: error, ...factsOf(part), outcome: outcome.state };
    deps.log.warn(facts, "transfer part: stopped");
    return end(outcome);
  };
  return {
    part,
    signal: AbortSignal.any([drain, lost.signal]),
    report: progress.report,
    settle: (uploaded) =>
      uploaded.then(
        ({ rows, bytes, objects }) => end({ state: "done", rows, bytes, objects }),
        fail,
      ),
    fail,
    handBack: () => end(nobodysFault),
  };
}

const nobodysFault = { state: "handBack", error: null, isAttempt: false } as const;

export function factsOf({ transfer, number, attempt }: ClaimedPart) {
  return { transfer: transfer.id, part: number, attempt };
}

/** What a change event of its transfer names. */
export function keysOf({ transfer }: ClaimedPart) {
  const { id, tableId, tableRunId, runId } = transfer;
  return { id, tableId, tableRunId, runId };
}

function outcomeOf(error: unknown, { attempt }: ClaimedPart, isDrained: boolean): Outcome {
  if (isDrained) return nobodysFault;
  const retryable = error instanceof MaestroError && error.retryable;
  return retryable && attempt < maxAttempts
    ? { state: "handBack", error: messageOf(error), isAttempt: true }
    : { state: "failed", error: messageOf(error), retryable };
}

async function writeOutcome(deps: Deps, part: ClaimedPart, outcome: Outcome): Promise<void> {
  const write = () =>
    outcome.state === "handBack"
      ? handBackPart(deps.db, part, outcome)
      : settlePart(deps.db, part, outcome);
  try {
    const isOurs = await keepTrying(deps, new AbortController().signal, write);
    const facts = { ...factsOf(part), outcome: outcome.state, isOurs };
    deps.log.info(facts, "transfer part: settled");
    publishTransfer(deps, keysOf(part), { isProgress: true });
  } catch (error) {
    // The lease ends, and another room does it again.
    deps.log.error({ err: error, ...factsOf(part) }, "transfer part: cannot be settled");
  }
}
