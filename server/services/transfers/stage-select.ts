import type { TransferResult } from "../../../drizzle/schema/transfers.ts";
import type { RowsFile } from "../../connectors/rows-file.ts";
import type { Source } from "../../connectors/source.ts";
import type { SourceColumn } from "../../connectors/source-column.ts";
import { openRowsFile, type StagedFile, stageRowsInto } from "../../connectors/staging-file.ts";
import type { Deps } from "../deps.ts";
import type { Pace } from "./pace-transfer.ts";
import { StagedUploads } from "./staged-uploads.ts";
import type { Work } from "./transfer-work.ts";

const reportMs = 500;

export interface Selection {
  /** Printed by us. */
  statement: string;
  columns: SourceColumn[];
  nullMarker: string;
  /** Where its files are made. */
  directory: string;
  /** Where its objects go. */
  folder: string;
  pay: Pace["pay"];
  signal: AbortSignal;
  report: Work["report"];
  expectedRows: number | null;
  /** Of rows, in the first file; a few where that is not said, so that its upload begins soon. */
  firstFileBytes?: number;
}

export interface Staged {
  objects: string[];
  format: TransferResult["format"];
  rows: number;
  /** Of the objects. */
  bytes: number;
}

/** The rows of a SELECT into files and these into the bucket, while the next are made. */
export async function stageSelect(
  deps: Pick<Deps, "objectStore" | "random">,
  source: Source,
  selection: Selection,
): Promise<Staged> {
  const file = openRowsFile(selection.columns, selection.nullMarker);
  try {
    const { uploaded } = await readSelect(deps, source, selection, file);
    return await uploaded;
  } finally {
    await file.dispose();
  }
}

/**
 * The same in two steps: `uploaded` resolves when all files are in the bucket, and the source and
 * `file` may serve another SELECT meanwhile.
 */
export async function readSelect(
  deps: Pick<Deps, "objectStore" | "random">,
  source: Source,
  selection: Selection,
  file: RowsFile,
): Promise<{ uploaded: Promise<Staged> }> {
  const { statement, columns, expectedRows } = selection;
  const stream = source.rows(statement, columns);
  const report = () =>
    selection.report({ rows: stream.rows, bytes: stream.bytes, totalRows: expectedRows });
  const timer = setInterval(report, reportMs);
  const uploads = new StagedUploads(deps, selection);
  try {
    const onFile = (staged: StagedFile) => uploads.add(staged);
    const staged = await stageRowsInto(file, { ...selection, stream, onFile });
    report();
    const uploaded = uploads.finish().then((stored) => ({ ...stored, ...staged }));
    // Whoever waits is told.
    uploaded.catch(() => undefined);
    return { uploaded };
  } catch (error) {
    await uploads.settle();
    throw error;
  } finally {
    clearInterval(timer);
  }
}
