import { createWriteStream } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import type { DatabaseAddress } from "../../server/connectors/database-address.ts";
import { openSource } from "../../server/connectors/open-source.ts";
import type { RowStream } from "../../server/connectors/source.ts";
import type { SourceColumn } from "../../server/connectors/source-column.ts";
import { stageRows } from "../../server/connectors/staging-file.ts";
import type { ReadOutput, ReadSetup } from "./contestants.ts";
import { rssBytes } from "./memory.ts";

/**
 * What a room does up to the disk: `stream` writes the source's bytes as they come, `stage` makes the
 * files that are uploaded.
 */
export async function prepare(setup: ReadSetup) {
  const idleRssBytes = rssBytes();
  const { address, directory, table, how } = setup;
  return async (): Promise<ReadOutput> => {
    await rm(directory, { recursive: true, force: true });
    await mkdir(directory, { recursive: true });
    return withRows(address, `select * from ${table}`, async (stream, columns) => {
      if (how === "stream") {
        const path = join(directory, "rows.csv");
        await pipeline(stream, createWriteStream(path));
        return { paths: [path], rows: stream.rows, idleRssBytes };
      }
      const paths: string[] = [];
      const staged = await stageRows({
        stream,
        columns,
        directory,
        nullMarker: "~null of the bench~",
        onFile: async ({ path }) => void paths.push(path),
      });
      return { paths, rows: staged.rows, idleRssBytes };
    });
  };
}

async function withRows<T>(
  address: DatabaseAddress,
  select: string,
  work: (stream: RowStream, columns: SourceColumn[]) => Promise<T>,
): Promise<T> {
  const { signal } = new AbortController();
  const source = await openSource(address, { statementTimeoutSeconds: 3600, signal });
  try {
    await source.begin();
    const { columns } = await source.describe(select);
    return await work(source.rows(select, columns), columns);
  } finally {
    await source.close();
  }
}
