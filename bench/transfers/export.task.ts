import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { exportRows } from "../../server/connectors/export-rows.ts";
import { openStagedRows } from "../../server/connectors/staged-rows.ts";
import {
  type StagedSize,
  stagedSizes,
  TooLargeError,
} from "../../server/connectors/staged-size.ts";
import type { ReadOutput } from "./contestants.ts";
import { type ExportSetup, targetFields } from "./exports.ts";
import { rssBytes } from "./memory.ts";

/** What a room does with the files that it has fetched: a new table, filled and swapped in. */
export async function prepare(setup: ExportSetup) {
  const idleRssBytes = rssBytes();
  let tableRunId = 0;
  return async (): Promise<ReadOutput> => {
    tableRunId += 1;
    const [size, largest] = stagedSizes(targetFields);
    const rows = await write(setup, tableRunId, size).catch((error: unknown) => {
      if (error instanceof TooLargeError) return write(setup, tableRunId, largest);
      throw error;
    });
    return { paths: [], rows, idleRssBytes };
  };
}

async function write(
  { address, parquet, table, directory: parent }: ExportSetup,
  tableRunId: number,
  size: StagedSize,
): Promise<number> {
  const directory = await mkdtemp(join(parent, "export-"));
  const rows = await openStagedRows({
    format: "PARQUET",
    paths: [parquet],
    fields: targetFields,
    directory,
    size,
  });
  try {
    const done = await exportRows(address, {
      table: { schema: null, name: table },
      mode: "replace",
      keys: [],
      fields: targetFields,
      rows,
      claim: { exporter: "bench_1", tableRunId, fence: 1 },
      description: "",
      through: () => [],
      signal: new AbortController().signal,
      report: () => undefined,
      confirm: () => Promise.resolve(),
    });
    return done.rows;
  } finally {
    await rows.close();
    await rm(directory, { recursive: true, force: true });
  }
}
