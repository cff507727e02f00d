import type { TransferResult } from "../../../drizzle/schema/transfers.ts";
import type { Source } from "../../connectors/source.ts";
import type { SourceColumn } from "../../connectors/source-column.ts";
import { type StagedFile, stageRows } from "../../connectors/staging-file.ts";
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
  const { statement, columns, expectedRows } = selection;
  const stream = source.rows(statement, columns);
  const report = () =>
    selection.report({ rows: stream.rows, bytes: stream.bytes, totalRows: expectedRows });
  const timer = setInterval(report, reportMs);
  const uploads = new StagedUploads(deps, selection);
  try {
    const onFile = (file: StagedFile) => uploads.add(file);
    const staged = await stageRows({ ...selection, stream, onFile });
    const { objects, bytes } = await uploads.finish();
    report();
    return { objects, bytes, ...staged };
  } finally {
    clearInterval(timer);
    await uploads.settle();
  }
}
