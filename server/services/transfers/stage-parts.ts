import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { MaestroError } from "../../../shared/errors.ts";
import type { RowsFile } from "../../connectors/rows-file.ts";
import type { Source } from "../../connectors/source.ts";
import { formatFor, mostFileBytes, openRowsFile } from "../../connectors/staging-file.ts";
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
import { keysOf } from "./hold-part.ts";
import { keepTrying } from "./keep-trying.ts";
import { stagingFolder } from "./remove-staged-objects.ts";
import { reportProgress } from "./report-progress.ts";
import { readSelect, type Selection, type Staged } from "./stage-select.ts";
import type { Work } from "./transfer-work.ts";

/** What other rooms do is looked at so often, and when they tell of it. */
const lookMs = 1_000;

/** Parts of which a room waits for the uploads: it reads on, but a part after that begins behind them. */
export const mostUploading = 1;

/**
 * What the room does that has the snapshot: it stages parts as long as there are any to take, each
 * uploaded while the next is read, waits for those of others, and answers all of it once every part is
 * done. Throws what a part has failed of, wherever that was.
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
  const file = openRowsFile(selection.columns, selection.nullMarker);
  const uploading: Promise<void>[] = [];
  try {
    for (;;) {
      const part = await keepTrying(deps, signal, () => claimOwnPart(deps.db, claim));
      if (part) {
        const { settled } = await readOwn(deps, source, part, { ...selection, file });
        uploading.push(settled);
        if (uploading.length > mostUploading) await uploading.shift();
        continue;
      }
      await Promise.all(uploading);
      const parts = await keepTrying(deps, signal, look);
      checkParts(parts);
      if (parts.every(({ state }) => state === "done"))
        return await gather(source, parts, selection);
      await untilTold(deps, claim.id, signal);
    }
  } finally {
    await Promise.allSettled(uploading);
    await file.dispose();
    await looks.stop();
  }
}

/** Another room may have taken the part meanwhile: then it is theirs, and ours is never read. */
async function readOwn(
  deps: Deps,
  source: Source,
  part: ClaimedPart,
  selection: Selection & { file: RowsFile },
): Promise<{ settled: Promise<void> }> {
  const renew = (progress: { rows: number; bytes: number }) => renewPart(deps.db, part, progress);
  const progress = reportProgress(deps, keysOf(part), renew, () => undefined);
  const settle = async (uploaded: Promise<Staged>) => {
    const { rows, bytes, objects } = await uploaded;
    const write = () => settlePart(deps.db, part, { state: "done", rows, bytes, objects });
    await keepTrying(deps, selection.signal, write);
  };
  try {
    const { report } = progress;
    const { uploaded } = await readPart(deps, source, part, { ...selection, report });
    const settled = settle(uploaded).finally(() => progress.stop());
    // Whoever waits is told.
    settled.catch(() => undefined);
    return { settled };
  } catch (error) {
    await progress.stop();
    throw error;
  }
}

/** The rows of a part into files of its own, and these into objects that only this claim of it has. */
export async function readPart(
  deps: Pick<Deps, "objectStore" | "random">,
  source: Source,
  { transfer, number, id, fence, statement }: ClaimedPart,
  selection: Omit<Selection, "statement" | "folder"> & { file: RowsFile },
): Promise<{ uploaded: Promise<Staged> }> {
  const name = `${number}-${id}.${fence}`;
  const directory = join(selection.directory, name);
  await mkdir(directory);
  const folder = `${stagingFolder(transfer)}${name}/`;
  // Uploaded while the next part is read, it need not begin with a small file: each object takes its time.
  const own = { ...selection, statement, folder, directory, firstFileBytes: mostFileBytes };
  return readSelect(deps, source, own, selection.file);
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
