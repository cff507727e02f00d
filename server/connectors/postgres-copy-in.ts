import { pipeline } from "node:stream/promises";
import type pg from "pg";
import { from as copyFrom } from "pg-copy-streams";
import { MaestroError } from "../../shared/errors.ts";
import { quoteName } from "../../shared/sql-quotes.ts";
import type { ExportWork } from "./export-work.ts";
import { binaryFrame } from "./postgres-binary.ts";
import { encodedColumns, type WrittenColumn } from "./target-columns.ts";
import { watchRows } from "./watch-rows.ts";

/** Writes all staged rows by one COPY. Throws unless the server took as many as were staged. */
export async function copyIn(
  client: pg.Client,
  work: ExportWork,
  into: { table: string; columns: WrittenColumn[]; isNew: boolean },
): Promise<{ rows: number; bytes: number; statement: string }> {
  const { table, columns } = into;
  const list = columns.map((column) => quoteName(column.name)).join(", ");
  const encoded = encodedColumns(columns);
  const direct = encoded && work.rows.encode(encoded, binaryFrame(columns.length));
  const rows =
    direct ??
    (await work.rows.stream(
      columns.map((column) => column.expression),
      "postgresText",
    ));
  // Frozen rows are seen by older snapshots too, which find the new table under the old one's name.
  const options = [...(direct ? ["format binary"] : []), ...(into.isNew ? ["freeze"] : [])];
  const more = options.length === 0 ? "" : ` with (${options.join(", ")})`;
  const statement = `copy ${table} (${list}) from stdin${more}`;
  const watch = watchRows(rows, work);
  const target = client.query(copyFrom(statement));
  try {
    await pipeline([rows.stream, watch.stream, ...work.through(), target], { signal: work.signal });
  } finally {
    watch.stop();
  }
  const written = await rows.written;
  if (target.rowCount !== written) {
    throw new MaestroError(
      "internal",
      `${written} rows were staged, but ${table} took ${target.rowCount}`,
    );
  }
  return { rows: written, bytes: watch.bytes(), statement };
}
