import { setTimeout as delay } from "node:timers/promises";
import { MaestroError, messageOf } from "../../../shared/errors.ts";
import type { TransferKind } from "../../../shared/transfer.ts";
import {
  type ClaimedTransfer,
  handBackTransfer,
  maxAttempts,
  renewLease,
  type Settlement,
  settleTransfer,
} from "../../db/transfers.ts";
import type { Deps } from "../deps.ts";
import { publishTransfer } from "./publish-transfer.ts";
import { removeStagedExport } from "./remove-staged-objects.ts";
import { reportProgress } from "./report-progress.ts";
import { runExport } from "./run-export.ts";
import { runImport } from "./run-import.ts";
import { runSheet } from "./run-sheet.ts";
import type { Done, Progress, Work } from "./transfer-work.ts";

/** How long a room tries to write down how a transfer ended while PostgreSQL is away. */
const settleSeconds = 300;
const pauseSeconds = [2, 10];

const workers: Record<TransferKind, (deps: Deps, work: Work) => Promise<Done>> = {
  import: runImport,
  export: runExport,
  sheet: runSheet,
};

type Stop = "cancelRequested" | "lost" | "drained";
type HandBack = { state: "handBack"; error: string | null; isAttempt: boolean };

/**
 * Does one claimed transfer and settles it. Never throws: how it ended is on the row.
 *   done                → succeeded
 *   cancel asked for    → cancelled
 *   `drain` aborted     → handed back, no attempt counted
 *   a transient fault   → handed back after a pause, the last attempt failed
 *   any other fault     → failed
 *   another room has it → nothing: it is theirs
 */
export async function workTransfer(
  deps: Deps,
  claim: ClaimedTransfer,
  drain: AbortSignal,
): Promise<void> {
  const startedAt = performance.now();
  const stopping = new AbortController();
  let why: Stop | null = null;
  const stop = (cause: Stop) => {
    why ??= cause;
    stopping.abort();
  };
  const onDrain = () => stop("drained");
  drain.addEventListener("abort", onDrain, { once: true });
  const renew = (progress: Progress) => renewLease(deps.db, claim, progress);
  const progress = reportProgress(deps, claim, renew, stop);
  let outcome: Settlement | HandBack | null;
  try {
    const { signal } = stopping;
    const { report } = progress;
    const done = await workers[claim.kind](deps, { claim, signal, report });
    outcome = { state: "succeeded", ...done };
  } catch (error) {
    outcome = outcomeOf(error, why, claim);
    deps.log.warn(
      { err: error, transfer: claim.id, why, outcome: outcome?.state },
      "transfer: stopped",
    );
  } finally {
    drain.removeEventListener("abort", onDrain);
    await progress.stop();
  }
  if (!outcome) return;
  tellEnd(deps, claim, outcome, performance.now() - startedAt);
  await writeOutcome(deps, claim, outcome);
}

/** One line of the log that tells a transfer whole. */
function tellEnd(
  { log }: Pick<Deps, "log">,
  claim: ClaimedTransfer,
  outcome: Settlement | HandBack,
  tookMs: number,
): void {
  const { id: transfer, tableId: table, kind, attempt } = claim;
  const seconds = Math.round(tookMs) / 1000;
  const done =
    outcome.state === "succeeded" ? { rows: outcome.result.rows, bytes: outcome.bytes } : {};
  log.info(
    { transfer, table, kind, attempt, outcome: outcome.state, ...done, seconds },
    "transfer: ended",
  );
}

function outcomeOf(
  error: unknown,
  why: Stop | null,
  claim: ClaimedTransfer,
): Settlement | HandBack | null {
  if (why === "lost") return null;
  if (why === "cancelRequested") return { state: "cancelled" };
  if (why === "drained") return { state: "handBack", error: null, isAttempt: false };
  const retryable = error instanceof MaestroError && error.retryable;
  return retryable && claim.attempt < maxAttempts
    ? { state: "handBack", error: messageOf(error), isAttempt: true }
    : { state: "failed", error: messageOf(error), retryable };
}

async function writeOutcome(
  deps: Deps,
  claim: ClaimedTransfer,
  outcome: Settlement | HandBack,
): Promise<void> {
  const until = performance.now() + settleSeconds * 1000;
  for (;;) {
    try {
      const isOurs =
        outcome.state === "handBack"
          ? await handBack(deps, claim, outcome)
          : await settleTransfer(deps.db, claim, outcome);
      deps.log.info({ transfer: claim.id, outcome: outcome.state, isOurs }, "transfer: settled");
      publishTransfer(deps, claim);
      const isOver = isOurs && outcome.state !== "handBack";
      if (isOver && claim.kind === "export") await removeStagedExport(deps, claim.tableRunId);
      return;
    } catch (error) {
      deps.log.error({ err: error, transfer: claim.id }, "transfer: cannot be settled now");
      // The lease ends, and another room does it again.
      if (performance.now() > until) return;
      await delay(1_000);
    }
  }
}

function handBack(deps: Deps, claim: ClaimedTransfer, outcome: HandBack): Promise<boolean> {
  const pause = outcome.isAttempt ? (pauseSeconds[claim.attempt - 1] ?? 30) : 0;
  return handBackTransfer(deps.db, claim, { ...outcome, pauseSeconds: pause });
}
