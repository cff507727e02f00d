import type { LeaseAnswer, TransferKeys } from "../../db/transfers.ts";
import type { Deps } from "../deps.ts";
import { publishTransfer } from "./publish-transfer.ts";
import type { Progress } from "./transfer-work.ts";

/** A third of the lease: two renewals may be lost. */
const renewMs = 10_000;
const progressMs = 1_000;

/**
 * Keeps a claim: the lease every 10 s, with it the progress, which alone is written once a second at
 * most. `onStop` is called once, when the claim is lost or its cancellation was asked for; a change
 * event of the transfer asks at once. PostgreSQL being away stops nothing: until another room has
 * claimed, the claim is still this one's, and the next write that arrives renews it.
 *
 * `renew` writes, for a transfer or for a part of one.
 */
export function reportProgress(
  deps: Pick<Deps, "changes" | "log">,
  claim: TransferKeys,
  renew: (progress: Progress) => Promise<LeaseAnswer>,
  onStop: (why: Exclude<LeaseAnswer, "held">) => void,
): { report(progress: Progress): void; stop(): Promise<void> } {
  let progress: Progress = { rows: 0, bytes: 0, totalRows: null };
  let isNew = false;
  let renewedAt = performance.now();
  let writing: Promise<void> = Promise.resolve();
  let isWriting = false;

  const write = async () => {
    isNew = false;
    try {
      const answer = await renew(progress);
      renewedAt = performance.now();
      if (answer === "held") publishTransfer(deps, claim, { isProgress: true });
      else onStop(answer);
    } catch (error) {
      deps.log.warn({ err: error, transfer: claim.id }, "transfer: progress not written");
    } finally {
      isWriting = false;
    }
  };
  const beat = (isAsked: boolean) => {
    const isDue = isNew || performance.now() - renewedAt >= renewMs;
    if (isWriting || !(isAsked || isDue)) return;
    isWriting = true;
    writing = write();
  };
  const timer = setInterval(() => beat(false), progressMs);
  const unsubscribe = deps.changes.subscribe((event) => {
    if (event.noun !== "transfer" || event.id !== claim.id || event.isProgress) return;
    // A write under way may have read the row before the change: the next beat looks again.
    isNew = true;
    beat(true);
  });
  return {
    report(next) {
      isNew ||= next.rows !== progress.rows || next.bytes !== progress.bytes;
      progress = next;
    },
    async stop() {
      clearInterval(timer);
      unsubscribe();
      await writing;
    },
  };
}
