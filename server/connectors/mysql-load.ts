import { addAbortSignal, PassThrough, pipeline } from "node:stream";
import type { Connection, ResultSetHeader } from "mysql2/promise";
import { MaestroError } from "../../shared/errors.ts";
import { quoteName } from "../../shared/sql-quotes.ts";
import type { ExportWork } from "./export-work.ts";
import { csvFrame } from "./mysql-csv.ts";
import type { MysqlWrittenColumn } from "./mysql-target-table.ts";
import { encodedColumns } from "./target-columns.ts";
import { watchRows } from "./watch-rows.ts";

/*
 * LOAD DATA LOCAL INFILE from a stream. The server names a file, and gets the stream of this one
 * statement, whatever it named: no file of this machine is ever opened for it.
 *
 * LOCAL makes the server keep going where a value does not fit: it changes or skips it and warns. So a
 * single warning refuses the whole, before anything is visible.
 *
 * The CSV has no escapes (ESCAPED BY ''), which makes the bare word NULL the NULL, and a quoted one a
 * text. Bytes go as hexadecimal digits.
 */
export async function loadRows(
  connection: Connection,
  work: ExportWork,
  into: { table: string; columns: MysqlWrittenColumn[] },
): Promise<{ rows: number; bytes: number; statement: string }> {
  const { table, columns } = into;
  const encoded = encodedColumns(columns);
  const rows =
    (encoded && work.rows.encode(encoded, csvFrame)) ??
    (await work.rows.stream(
      columns.map((column) => column.expression),
      { nullText: "NULL" },
    ));
  const watch = watchRows(rows, work);
  const last = addAbortSignal(work.signal, new PassThrough({ highWaterMark: 256 * 1024 }));
  // An error reaches mysql2, which reads `last`, and ends the statement.
  pipeline([rows.stream, watch.stream, ...work.through(), last], () => undefined);
  let isAsked = false;
  const statement = loadStatement(table, columns);
  try {
    const [result] = await connection.query<ResultSetHeader>({
      sql: statement,
      infileStreamFactory: () => {
        if (isAsked) throw new Error("the server asks for a second file");
        isAsked = true;
        return last.destroyed ? failing(last.errored) : last;
      },
    });
    const written = await rows.written;
    await refuseWarnings(connection, result, written, table);
    return { rows: written, bytes: watch.bytes(), statement };
  } finally {
    watch.stop();
    last.destroy();
  }
}

/** Rows that could not be made before the server asked for them: mysql2 hears of errors to come alone. */
function failing(error: Error | null): PassThrough {
  const stream = new PassThrough();
  setImmediate(() => stream.destroy(error ?? new Error("there are no rows")));
  return stream;
}

function loadStatement(table: string, columns: MysqlWrittenColumn[]): string {
  const list = columns.map((column, at) => (column.isHex ? `@hex${at}` : quoteName(column.name)));
  const sets = columns.flatMap((column, at) =>
    column.isHex ? [`${quoteName(column.name)} = unhex(@hex${at})`] : [],
  );
  const set = sets.length === 0 ? "" : ` set ${sets.join(", ")}`;
  return `load data local infile 'rows' into table ${table} character set utf8mb4 fields terminated by ',' optionally enclosed by '"' escaped by '' lines terminated by 0x0a (${list.join(", ")})${set}`;
}

async function refuseWarnings(
  connection: Connection,
  result: ResultSetHeader,
  written: number,
  table: string,
): Promise<void> {
  if (result.warningStatus > 0) {
    // The first may only say why, and the next where.
    const [rows] = await connection.query("show warnings limit 3");
    const warnings = rows as { Message: string; Code: number }[];
    const said = [...new Set(warnings.map(({ Message }) => Message))].join("; ");
    throw new MaestroError("database", `${said}: change the query, or the table`, {
      reason: String(warnings[0]?.Code ?? ""),
    });
  }
  if (result.affectedRows === written) return;
  throw new MaestroError(
    "internal",
    `${written} rows were staged, but ${table} took ${result.affectedRows}`,
  );
}
