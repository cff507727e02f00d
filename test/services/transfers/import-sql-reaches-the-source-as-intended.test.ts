import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import pg from "pg";
import { pino } from "pino";
import { expect, test } from "vitest";
import type { DatabaseAddress } from "../../../server/connectors/database-address.ts";
import { openSource } from "../../../server/connectors/open-source.ts";
import type { Source } from "../../../server/connectors/source.ts";
import { printSelect } from "../../../server/domain/primitive-select.ts";
import { startEmbeddedPostgres } from "../../../server/embedded/postgres.ts";
import { validateImportQuery } from "../../../server/services/transfers/validate-import-query.ts";
import type { DatabaseKind } from "../../../shared/database.ts";
import { MaestroError } from "../../../shared/errors.ts";
import { createMysqlDatabase } from "../../connectors/mysql-support.ts";
import { addressOf } from "../../connectors/support.ts";
import { createSqlFuzz } from "./fuzz-sql.ts";
import { checkTokens } from "./printed-tokens.ts";

const perDialect = 5_000;
/** Of those that are let through, every so many is read to its last row. */
const readEvery = 20;

interface Log {
  address: DatabaseAddress;
  /** Every statement that reached the server since the last call, as the server wrote it down. */
  statements(): Promise<string[]>;
  /** A statement as the server would write it down. */
  asWritten(statement: string): string;
  /** What the tables hold, as one text. */
  contents(): Promise<string>;
  stop(): Promise<void>;
}

const tables = (integer: string, text: string, instant: string) => [
  `create table t (id ${integer}, a int, b int, n decimal(20, 4), s ${text}, d ${instant})`,
  "insert into t values (1, 5, 2, 1.5, 'x', '2024-02-29'), (2, -5, null, 0, '', null)",
  `create table u (secret ${text})`,
  "insert into u values ('secret')",
];

const marker = "#-#";

async function startPostgres(): Promise<Log> {
  const directory = await mkdtemp(join(tmpdir(), "maestro-test-fuzz-"));
  const server = await startEmbeddedPostgres({
    directory,
    log: pino({ level: "silent" }),
    settings: ["fsync=off", `log_line_prefix=${marker}`],
  });
  const client = new pg.Client({ connectionString: server.connectionString("postgres") });
  await client.connect();
  for (const statement of tables("bigint", "text", "timestamp")) await client.query(statement);
  await client.query("alter system set log_statement = 'all'");
  await client.query("alter system set log_min_error_statement = 'panic'");
  await client.query("select pg_reload_conf()");
  await expect
    .poll(async () => (await client.query("show log_statement")).rows[0].log_statement)
    .toBe("all");
  await client.query("set log_statement = 'none'");
  let read = 0;
  return {
    address: addressOf(server.connectionString("postgres")),
    async statements() {
      const text = (await readFile(join(directory, "postgres.log"), "utf8")).slice(read);
      read += text.length;
      return text
        .split(marker)
        .map((entry) => /^LOG: {2}(?:statement|execute [^:]*): (.*)\n$/s.exec(entry)?.[1])
        .filter((statement) => statement !== undefined)
        .map((statement) => statement.replaceAll("\n\t", "\n"));
    },
    asWritten: (statement) => statement,
    async contents() {
      const { rows } = await client.query("select t::text from t union all select u::text from u");
      return JSON.stringify(rows);
    },
    async stop() {
      await client.end();
      await server.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function startMariaDb(): Promise<Log> {
  const database = await createMysqlDatabase(["--log-output=TABLE"]);
  for (const statement of tables("bigint", "text", "datetime")) await database.query(statement);
  const admin = await database.connect();
  await admin.query("set session sql_log_off = 1");
  await admin.query("set global general_log = 1");
  return {
    address: database.address,
    async statements() {
      const [rows] = await admin.query(
        "select argument from mysql.general_log where command_type in ('Query', 'Execute') order by event_time",
      );
      await admin.query("truncate mysql.general_log");
      return (rows as { argument: Buffer | string }[]).map(({ argument }) => String(argument));
    },
    // The log's column has no room for characters of four bytes.
    asWritten: (statement) =>
      statement.replaceAll(/[\u{10000}-\u{10ffff}]/gu, (character) =>
        Array.from(Buffer.from(character), (byte) => `\\x${byte.toString(16).toUpperCase()}`).join(
          "",
        ),
      ),
    async contents() {
      const [rows] = await admin.query("select * from t");
      const [others] = await admin.query("select * from u");
      return JSON.stringify([rows, others]);
    },
    async stop() {
      await admin.end();
      await database.drop();
    },
  };
}

const open = (address: DatabaseAddress) =>
  openSource(address, { statementTimeoutSeconds: 30, signal: new AbortController().signal });

const refusals = new Set(["invalidSql", "invalidInput"]);

/** What Maestro prints of it; null where it is refused, in words. */
function print(sql: string, kind: DatabaseKind): string | null {
  try {
    const { select } = validateImportQuery({ query: sql, importTable: "", idColumn: null }, kind);
    const schema = kind === "mysql" ? "test" : "public";
    return printSelect(select, kind, { schema, name: select.table.name }, null);
  } catch (error) {
    if (error instanceof MaestroError && refusals.has(error.code)) return null;
    throw new Error(`no refusal in words: ${JSON.stringify(sql)}`, { cause: error });
  }
}

/** Asks for it as an import does. What the source says of it is no crash; a broken connection is. */
async function ask(source: Source, select: string, isRead: boolean): Promise<boolean> {
  try {
    const { columns } = await source.describe(select);
    if (isRead) await buffer(source.rows(select, columns));
    return true;
  } catch (error) {
    const fault = source.describeFault(error);
    if (fault.code !== "database" || fault.retryable) throw fault;
    return false;
  }
}

/** What an import asks of a source for one SELECT; `rows` tells where it stands in it. */
const templates: Record<DatabaseKind, (select: string) => string[]> = {
  postgres: (select) => [
    `select * from (${select}) as source limit 0`,
    `explain (format json) ${select}`,
  ],
  mysql: (select) => [`select * from (${select}) as source limit 0`, `explain ${select}`],
};

const rowsStatement: Record<DatabaseKind, RegExp> = {
  postgres:
    /^copy \(select .*? from \((SELECT .*)\) as source\) to stdout \(format csv, null 'N', force_quote \*\)$/s,
  mysql: /^(?:select .*? from \((SELECT .*)\) as source|(SELECT .*))$/s,
};

test.each([
  ["postgres", startPostgres],
  ["mysql", startMariaDb],
] as const)(
  "%s: nothing but what was printed reaches the server, whatever is written",
  async (kind, start) => {
    const log = await start();
    try {
      const before = await log.contents();
      await log.statements();
      const benign = print("select a from t", kind) ?? "";
      const first = await open(log.address);
      await ask(first, benign, false);
      await first.close();
      // The session's own: its settings, and the questions about types.
      const own = new Set(
        (await log.statements()).filter((one) => !templates[kind](benign).includes(one)),
      );

      const fuzz = createSqlFuzz(kind, 20_240_229);
      const source = await open(log.address);
      const printed: string[] = [];
      let answered = 0;
      for (let at = 0; at < perDialect; at++) {
        const select = print(fuzz(at), kind);
        if (select === null) continue;
        printed.push(select);
        checkTokens(select, kind);
        if (await ask(source, select, printed.length % readEvery === 0)) answered += 1;
      }
      await source.close();
      // Enough is let through, and enough of that is SQL that the server answers.
      expect(printed.length).toBeGreaterThan(perDialect / 4);
      expect(answered).toBeGreaterThan(perDialect / 20);

      const known = new Set(printed.map(log.asWritten));
      const intended = new Set(printed.flatMap(templates[kind]).map(log.asWritten));
      const others = (await log.statements()).filter((statement) => {
        if (own.has(statement) || intended.has(statement)) return false;
        const found = rowsStatement[kind].exec(statement);
        return !known.has(found?.[1] ?? found?.[2] ?? "") && !isAfterRows(statement);
      });
      expect(others.slice(0, 5)).toEqual([]);
      expect(await log.contents()).toBe(before);
    } finally {
      await log.stop();
    }
  },
  150_000,
);

/** What MySQL is asked when its rows are over. */
function isAfterRows(statement: string): boolean {
  return statement === "show warnings" || statement === "select found_rows() as found";
}
