import { MaestroError, messageOf } from "../../../shared/errors.ts";
import { openSource } from "../../connectors/open-source.ts";
import type { Source } from "../../connectors/source.ts";
import { withStagingDirectory } from "../../connectors/staging-directory.ts";
import { readImportContext } from "../../db/transfer-contexts.ts";
import {
  type ClaimedPart,
  handBackPart,
  keyOfDivision,
  type PartSettlement,
  renewPart,
  settlePart,
} from "../../db/transfer-parts.ts";
import { maxAttempts } from "../../db/transfers.ts";
import { databaseAddress } from "../databases/database-address.ts";
import type { Deps } from "../deps.ts";
import { keepTrying } from "./keep-trying.ts";
import { paceTransfer } from "./pace-transfer.ts";
import { publishTransfer } from "./publish-transfer.ts";
import { reportProgress } from "./report-progress.ts";
import { statementTimeoutSeconds } from "./run-import.ts";
import { keysOf, partFolder } from "./stage-parts.ts";
import { stageSelect } from "./stage-select.ts";
import type { Progress } from "./transfer-work.ts";
import { withSource } from "./with-source.ts";

type Outcome = PartSettlement | { state: "handBack"; error: string | null; isAttempt: boolean };

/**
 * Does one claimed part of another room's import, and settles it. Never throws: how it ended is on the
 * part's row. A transfer whose snapshot this room cannot have is added to `refused`: it need not try again.
 *   done                                       → done
 *   no snapshot, or `drain` aborted            → handed back, no attempt counted
 *   a transient fault                          → handed back; the last attempt failed
 *   any other fault                            → failed
 *   the transfer has ended or begun anew, or another room has the part → nothing
 */
export async function workPart(
  deps: Deps,
  part: ClaimedPart,
  { drain, refused }: { drain: AbortSignal; refused: Set<string> },
): Promise<void> {
  const stopping = new AbortController();
  let isOver = false;
  const onDrain = () => stopping.abort();
  drain.addEventListener("abort", onDrain, { once: true });
  if (drain.aborted) stopping.abort();
  const renew = ({ rows, bytes }: Progress) => renewPart(deps.db, part, { rows, bytes });
  const progress = reportProgress(deps, keysOf(part), renew, () => {
    isOver = true;
    stopping.abort();
  });
  let outcome: Outcome | "refused";
  try {
    outcome = await stagePart(deps, part, stopping.signal, progress.report);
  } catch (error) {
    outcome = outcomeOf(error, part, drain.aborted);
    deps.log.warn(
      { err: error, ...factsOf(part), outcome: outcome.state },
      "transfer part: stopped",
    );
  } finally {
    drain.removeEventListener("abort", onDrain);
    await progress.stop();
  }
  if (outcome === "refused") refused.add(keyOfDivision(part));
  if (!isOver) await writeOutcome(deps, part, outcome);
}

function factsOf({ transfer, number, attempt }: ClaimedPart) {
  return { transfer: transfer.id, part: number, attempt };
}

function outcomeOf(error: unknown, { attempt }: ClaimedPart, isDrained: boolean): Outcome {
  if (isDrained) return { state: "handBack", error: null, isAttempt: false };
  const retryable = error instanceof MaestroError && error.retryable;
  return retryable && attempt < maxAttempts
    ? { state: "handBack", error: messageOf(error), isAttempt: true }
    : { state: "failed", error: messageOf(error), retryable };
}

async function stagePart(
  deps: Deps,
  part: ClaimedPart,
  signal: AbortSignal,
  report: (progress: Progress) => void,
): Promise<Outcome | "refused"> {
  const { division, statement } = part;
  const context = await readImportContext(deps.db, part.transfer.tableRunId);
  if (!context?.database?.mayImport) return "refused";
  const address = databaseAddress(deps, context.database);
  deps.log.info({ ...factsOf(part), statement }, "transfer part: statement");
  const open = () => openSource(address, { statementTimeoutSeconds, signal });
  const pace = paceTransfer(deps, context.database.id, signal);
  const staging = withStagingDirectory((directory) =>
    withSource(open, async (source: Source) => {
      if (!(await source.parts?.join(division, division.table))) return "refused";
      const staged = await stageSelect(deps, source, {
        ...division,
        statement,
        directory,
        folder: partFolder(part),
        pay: pace.pay,
        signal,
        report,
        expectedRows: null,
      });
      const { rows, bytes, objects } = staged;
      return { state: "done" as const, rows, bytes, objects };
    }),
  );
  return staging.finally(() => pace.end());
}

async function writeOutcome(
  deps: Deps,
  part: ClaimedPart,
  outcome: Outcome | "refused",
): Promise<void> {
  const handBack = { error: null, isAttempt: false };
  const write = () => {
    if (outcome === "refused") return handBackPart(deps.db, part, handBack);
    return outcome.state === "handBack"
      ? handBackPart(deps.db, part, outcome)
      : settlePart(deps.db, part, outcome);
  };
  const told = outcome === "refused" ? outcome : outcome.state;
  try {
    const isOurs = await keepTrying(deps, new AbortController().signal, write);
    deps.log.info({ ...factsOf(part), outcome: told, isOurs }, "transfer part: settled");
    publishTransfer(deps, keysOf(part), { isProgress: true });
  } catch (error) {
    // The lease ends, and another room does it again.
    deps.log.error({ err: error, ...factsOf(part) }, "transfer part: cannot be settled");
  }
}
