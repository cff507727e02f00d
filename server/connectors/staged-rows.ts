import { directRows } from "./direct-rows.ts";
import { openDuckDbRows } from "./duckdb-rows.ts";
import { type RowGroup, readLayout } from "./parquet-layout.ts";
import type { SentRows, StagedRows } from "./sent-rows.ts";
import type { StagedFiles } from "./staged-files.ts";

/**
 * The staged files of an export, as what a database reads: flat columns of Parquet straight from their
 * bytes (direct-rows.ts), all else by way of DuckDB (duckdb-rows.ts), which is not started before it is
 * needed. Throws `conflict` where the files have other columns than `fields`.
 */
export async function openStagedRows(source: StagedFiles): Promise<StagedRows> {
  const { format, paths, fields } = source;
  const groups = format === "PARQUET" ? await readLayout(paths, fields) : null;
  return groups ? lazyRows(source, groups) : openDuckDbRows(source);
}

function lazyRows(source: StagedFiles, groups: RowGroup[]): StagedRows {
  let duckDb: Promise<StagedRows> | null = null;
  const reading: SentRows[] = [];
  return {
    rowCount: groups.reduce((sum, { rows }) => sum + rows, 0),
    async stream(columns, format) {
      duckDb ??= openDuckDbRows(source);
      return (await duckDb).stream(columns, format);
    },
    encode(columns, frame) {
      const rows = directRows(groups, source.fields, columns, frame);
      reading.push(rows);
      return rows;
    },
    async close() {
      for (const { stream } of reading) stream.destroy();
      await Promise.allSettled(reading.map(({ written }) => written));
      const opened = await duckDb?.catch(() => null);
      await opened?.close();
    },
  };
}
