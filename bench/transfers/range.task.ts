import { createWriteStream } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import type { DatabaseAddress } from "../../server/connectors/database-address.ts";
import { openSource } from "../../server/connectors/open-source.ts";
import type { SharedSnapshot } from "../../server/connectors/source.ts";
import type { SourceColumn } from "../../server/connectors/source-column.ts";

export interface RangeSetup {
  address: DatabaseAddress;
  table: { schema: string; name: string };
}

export interface RangeInput {
  shared: SharedSnapshot;
  columns: SourceColumn[];
  statements: string[];
  directory: string;
}

/** Parts of a snapshot that another connection shares, into a file each; the files. */
export function prepare({ address, table }: RangeSetup) {
  return async ({ shared, columns, statements, directory }: RangeInput): Promise<string[]> => {
    await mkdir(directory, { recursive: true });
    const { signal } = new AbortController();
    const source = await openSource(address, { statementTimeoutSeconds: 3600, signal });
    try {
      if (!(await source.parts?.join(shared, table))) throw new Error("no snapshot");
      const paths = statements.map((_, at) => join(directory, `rows-${at}.csv`));
      for (const [at, statement] of statements.entries()) {
        await pipeline(source.rows(statement, columns), createWriteStream(paths[at] ?? ""));
      }
      return paths;
    } finally {
      await source.close();
    }
  };
}
