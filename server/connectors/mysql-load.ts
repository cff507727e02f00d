import { addAbortSignal, PassThrough, pipeline } from "node:stream";
import type { Connection, ResultSetHeader } from "mysql2/promise";
import { MaestroError } from "../../shared/errors.ts";
import { quoteName } from "../../shared/sql-quotes.ts";
import { abortable } from "../support/abortable.ts";
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
 * One statement keeps one core of the server busy, and it is the server that an export waits for. Over
 * several connections each takes the rows that come next: where one fails, all end.
 *
 * The CSV has no escapes (ESCAPED BY ''), which makes the bare word NULL the NULL, and a quoted one a
 * text. Bytes go as hexadecimal digits.
 */
export async function loadRows(
  connections: Connection[],
  work: ExportWork,
  into: { table: string; columns: MysqlWrittenColumn[] },
): Promise<{ rows: number; bytes: number; statement: string }> {
  const statement = loadStatement(into.table, into.columns);
  const { rows, streams } = await open(work, into.columns, connections.length);
  const watch = watchRows(rows, work);
  const ends = streams.map((stream) => {
    const end = addAbortSignal(work.signal, new PassThrough({ highWaterMark: 256 * 1024 }));
    // An error reaches mysql2, which reads `end`, and ends the statement.
    pipeline([stream, watch.stream(), ...work.through(), end], () => undefined);
    return end;
  });
  const loading = ends.map(async (end, at) => {
    const connection = connections[at];
    if (!connection) throw new Error("there are more streams than connections");
    try {
      return await load(connection, statement, end);
    } catch (error) {
      for (const other of ends) other.destroy(error instanceof Error ? error : undefined);
      throw error;
    }
  });
  try {
    // A statement whose connection is destroyed never ends.
    await abortable(Promise.allSettled(loading), work.signal);
    const taken = await Promise.all(loading);
    const written = await rows.written;
    refuseLoss(taken, written, into.table);
    return { rows: written, bytes: watch.bytes(), statement };
  } finally {
    watch.stop();
    for (const end of ends) end.destroy();
  }
}

/** In as many streams as are asked for, or in one where DuckDB makes the texts. */
async function open(work: ExportWork, columns: MysqlWrittenColumn[], most: number) {
  const encoded = encodedColumns(columns);
  const direct = encoded && work.rows.encode(encoded, csvFrame, most);
  if (direct) return { rows: direct, streams: direct.streams };
  const expressions = columns.map((column) => column.expression);
  const rows = await work.rows.stream(expressions, { nullText: "NULL" });
  return { rows, streams: [rows.stream] };
}

/** Answers how many rows the table took. */
async function load(connection: Connection, sql: string, rows: PassThrough): Promise<number> {
  let isAsked = false;
  const [result] = await connection.query<ResultSetHeader>({
    sql,
    infileStreamFactory: () => {
      if (isAsked) throw new Error("the server asks for a second file");
      isAsked = true;
      return rows.destroyed ? failing(rows.errored) : rows;
    },
  });
  await refuseWarnings(connection, result);
  return result.affectedRows;
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

async function refuseWarnings(connection: Connection, result: ResultSetHeader): Promise<void> {
  if (result.warningStatus === 0) return;
  // The first may only say why, and the next where.
  const [rows] = await connection.query("show warnings limit 3");
  const warnings = rows as { Message: string; Code: number }[];
  const said = [...new Set(warnings.map(({ Message }) => Message))].join("; ");
  throw new MaestroError("database", `${said}: change the query, or the table`, {
    reason: String(warnings[0]?.Code ?? ""),
  });
}

function refuseLoss(taken: number[], written: number, table: string): void {
  const all = taken.reduce((sum, rows) => sum + rows, 0);
  if (all === written) return;
  throw new MaestroError("internal", `${written} rows were staged, but ${table} took ${all}`);
}
