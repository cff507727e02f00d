import { setTimeout as delay } from "node:timers/promises";
import { MaestroError } from "../../../shared/errors.ts";
import type { Source } from "../../connectors/source.ts";
import { formatFor } from "../../connectors/staging-file.ts";
import {
  type ClaimedPart,
  claimOwnPart,
  type PartState,
  readParts,
  renewPart,
  settlePart,
} from "../../db/transfer-parts.ts";
import { maxAttempts } from "../../db/transfers.ts";
import { abortable } from "../../support/abortable.ts";
import { startLoop } from "../../support/loop.ts";
import type { Deps } from "../deps.ts";
import { keepTrying } from "./keep-trying.ts";
import { stagingFolder } from "./remove-staged-objects.ts";
import { reportProgress } from "./report-progress.ts";
import { type Selection, type Staged, stageSelect } from "./stage-select.ts";
import type { Work } from "./transfer-work.ts";

/** What other rooms do is looked at so often, and when they tell of it. */
const lookMs = 1_000;

/** Where the objects of one claim of a part go. */
export function partFolder({ transfer, number, id, fence }: ClaimedPart): string {
  return `${stagingFolder(transfer)}${number}-${id}.${fence}/`;
}

/**
 * What the room does that has the snapshot: it stages parts as long as there are any to take, waits for
 * those of others, and answers all of it once every part is done. Throws what a part has failed of,
 * wherever that was.
 */
export async function stageParts(
  deps: Deps,
  source: Source,
  work: Work,
  selection: Selection,
): Promise<Staged> {
  const { claim, signal } = work;
  const look = async () => {
    const parts = await readParts(deps.db, claim);
    const totalRows = selection.expectedRows;
    work.report({ rows: sum(parts, "rows"), bytes: sum(parts, "bytes"), totalRows });
    return parts;
  };
  const looks = startLoop({
    name: "parts",
    log: deps.log,
    periodMs: lookMs,
    body: async () => void (await look()),
  });
  try {
    for (;;) {
      const part = await keepTrying(deps, signal, () => claimOwnPart(deps.db, claim));
      if (part) {
        await stageOwn(deps, source, part, selection);
        continue;
      }
      const parts = await keepTrying(deps, signal, look);
      checkParts(parts);
      if (parts.every(({ state }) => state === "done"))
        return await gather(source, parts, selection);
      await untilTold(deps, claim.id, signal);
    }
  } finally {
    await looks.stop();
  }
}

/** Another room may have taken the part meanwhile: then it is theirs, and ours is never read. */
async function stageOwn(
  deps: Deps,
  source: Source,
  part: ClaimedPart,
  selection: Selection,
): Promise<void> {
  const renew = (progress: { rows: number; bytes: number }) => renewPart(deps.db, part, progress);
  const progress = reportProgress(deps, keysOf(part), renew, () => undefined);
  try {
    const { statement } = part;
    const own = { ...selection, statement, folder: partFolder(part), report: progress.report };
    const { rows, bytes, objects } = await stageSelect(deps, source, own);
    const settle = () => settlePart(deps.db, part, { state: "done", rows, bytes, objects });
    await keepTrying(deps, selection.signal, settle);
  } finally {
    await progress.stop();
  }
}

export function keysOf({ transfer }: ClaimedPart) {
  const { id, tableId, tableRunId, runId } = transfer;
  return { id, tableId, tableRunId, runId };
}

function checkParts(parts: PartState[]): void {
  if (parts.length === 0) throw new MaestroError("internal", "another room has the transfer");
  for (const { number, state, error, isRetryable, isGivenUp } of parts) {
    if (state === "failed") {
      throw new MaestroError("database", error ?? "", { retryable: isRetryable });
    }
    if (!isGivenUp) continue;
    const why = `given up: the room of each of ${maxAttempts} attempts at part ${number + 1} of ${parts.length} died`;
    throw new MaestroError("internal", why);
  }
}

async function gather(source: Source, parts: PartState[], selection: Selection): Promise<Staged> {
  // What others have read is the snapshot's as long as this connection had it.
  await source.parts?.confirm();
  const filled = parts.filter(({ rows }) => rows > 0);
  const read = filled.length > 0 ? filled : parts.slice(0, 1);
  return {
    objects: read.flatMap(({ objects }) => objects ?? []),
    format: formatFor(selection.columns),
    rows: sum(parts, "rows"),
    bytes: sum(read, "bytes"),
  };
}

function sum(parts: PartState[], what: "rows" | "bytes"): number {
  return parts.reduce((total, part) => total + part[what], 0);
}

/** Until there is news of the transfer, or a second. */
async function untilTold(
  { changes }: Pick<Deps, "changes">,
  transferId: number,
  signal: AbortSignal,
): Promise<void> {
  const told = Promise.withResolvers<void>();
  const unsubscribe = changes.subscribe((event) => {
    if (event.noun === "transfer" && event.id === transferId) told.resolve();
  });
  const waited = new AbortController();
  const limit = delay(lookMs, undefined, waited).catch(() => undefined);
  try {
    await abortable(Promise.race([told.promise, limit]), signal);
  } finally {
    unsubscribe();
    waited.abort();
  }
}
