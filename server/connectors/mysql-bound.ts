import { setTimeout as delay } from "node:timers/promises";
import type { Connection } from "mysql2/promise";
import { MaestroError } from "../../shared/errors.ts";
import { quoteMysqlName } from "../../shared/mysql-text.ts";
import { queryMysql } from "./mysql-connection.ts";
import type { SourceRelation } from "./source.ts";

/*
 * The bound of an increment: an id such that no transaction that is open, or still to begin, can
 * commit a row with an id at or below it that the import does not see.
 *
 * AUTO_INCREMENT gives ids before the rows are committed, and even before they are there: one statement
 * may hold 5 and not have inserted it while 6 is committed already. A locking read sees rows and gaps,
 * not ids that were taken, so it cannot tell. A lock on the table can:
 *
 *   1. LOCK TABLES … READ is granted once no transaction that wrote into the table is open: a statement
 *      takes the table's metadata lock before it takes an id, and keeps it to its transaction's end.
 *      (autocommit = 0 has InnoDB lock the table too, which holds for prepared XA transactions.)
 *   2. While it is held nobody can take an id. bound := the highest id, all ids up to it are decided.
 *   3. UNLOCK TABLES. The import's snapshot, opened after that, sees every row with an id up to `bound`.
 *
 * The lock is held for one look at the end of an index. Writers that come while it is waited for may
 * wait behind it, so each wait is short, and between two of them they have their turn.
 *
 * What this asks of the source: SELECT and LOCK TABLES; a table, not a view; a server that gives all
 * the ids itself, so no replica and no cluster (checked as far as the server tells); and rows are not
 * given lower ids by hand later.
 */

export interface MysqlRelation extends SourceRelation {
  isView: boolean;
  columns: { name: string; type: string; isNullable: boolean }[];
}

/** How long one import waits for writers before it fails and is tried again. */
const waitSeconds = 120;
/** How long one wait may hold up writers that come later. */
const lockSeconds = 2;
const pauseMs = 1_000;

const lockFailures = new Set(["ER_LOCK_WAIT_TIMEOUT", "ER_STATEMENT_TIMEOUT"]);
const denials = new Set(["ER_DBACCESS_DENIED_ERROR", "ER_TABLEACCESS_DENIED_ERROR"]);

export async function safeMysqlBound(
  connection: Connection,
  relation: MysqlRelation,
  column: string,
  above: string | null,
  signal: AbortSignal,
): Promise<string | null> {
  const table = `${quoteMysqlName(relation.schema)}.${quoteMysqlName(relation.name)}`;
  const found = checkColumn(relation, column);
  await checkServer(connection, relation.name);
  const id = quoteMysqlName(found.name);
  if (found.isNullable) await checkNulls(connection, table, id, column);
  await connection.query("set session autocommit = 0");
  await connection.query(`set session lock_wait_timeout = ${lockSeconds}`);
  try {
    await lockTable(connection, table, relation, signal);
    const newer = above === null ? "" : ` where ${id} > ${checkDigits(above)}`;
    const [row] = await queryMysql(
      connection,
      `select cast(max(${id}) as char) as bound from ${table}${newer}`,
    );
    const bound = row?.["bound"] ?? null;
    return bound === null ? null : String(bound);
  } finally {
    await connection.query("unlock tables");
    await connection.query("rollback");
    await connection.query("set session autocommit = 1");
  }
}

async function lockTable(
  connection: Connection,
  table: string,
  relation: MysqlRelation,
  signal: AbortSignal,
): Promise<void> {
  const until = performance.now() + waitSeconds * 1000;
  for (;;) {
    try {
      await connection.query(`lock tables ${table} read`);
      return;
    } catch (error) {
      const code = error instanceof Error && "code" in error ? String(error.code) : "";
      if (denials.has(code)) throw mayNotLock(relation);
      if (!lockFailures.has(code)) throw error;
    }
    if (performance.now() > until) {
      throw new MaestroError(
        "timeout",
        `transactions have been writing into ${relation.name} for more than ${waitSeconds} s; what they may still add cannot be told, so nothing was imported`,
        { retryable: true },
      );
    }
    await delay(pauseMs, undefined, { signal });
  }
}

function mayNotLock(relation: MysqlRelation): MaestroError {
  return new MaestroError(
    "database",
    `an increment must wait for the transactions that are writing into ${relation.name}, and the user may not: grant LOCK TABLES on ${quoteMysqlName(relation.schema)}.* to it, or import the table whole`,
  );
}

function checkColumn(relation: MysqlRelation, column: string): MysqlRelation["columns"][number] {
  const found =
    relation.columns.find(({ name }) => name === column) ??
    relation.columns.find(({ name }) => name.toLowerCase() === column.toLowerCase());
  const refuse = (why: string) => new MaestroError("invalidInput", why, { field: "idColumn" });
  if (!found) throw refuse(`${relation.name} has no column ${column}`);
  if (!/^(tiny|small|medium|big)?int\b/.test(found.type)) {
    throw refuse(
      `the id column ${column} is ${found.type}; an increment needs a whole number, given by AUTO_INCREMENT`,
    );
  }
  if (relation.isView) {
    throw refuse(
      `${relation.name} is a view: who writes into what is under it cannot be waited for; import from the table, or import it whole`,
    );
  }
  return found;
}

/** A server that is not the only one to give ids cannot tell which are still to come. */
async function checkServer(connection: Connection, table: string): Promise<void> {
  const rows = await queryMysql(
    connection,
    `show global variables where variable_name in
      ('read_only', 'super_read_only', 'innodb_read_only', 'wsrep_on', 'auto_increment_increment')`,
  );
  const variables = new Map(
    rows.map((row) => [String(row["Variable_name"]), String(row["Value"])] as const),
  );
  const isOn = (name: string) => ["ON", "1"].includes(variables.get(name) ?? "");
  const why = ["read_only", "super_read_only", "innodb_read_only"].some(isOn)
    ? "the server is read-only, a replica: transactions that are open on its primary cannot be waited for"
    : isOn("wsrep_on")
      ? "the server is one of a cluster: transactions that are open on the others cannot be waited for"
      : Number(variables.get("auto_increment_increment") ?? 1) > 1
        ? "auto_increment_increment is above 1: several servers give ids, in no common order"
        : null;
  if (!why) return;
  throw new MaestroError(
    "invalidInput",
    `no increment of ${table} is sure to be whole here, for ${why}; connect to the primary, or import the table whole`,
    { field: "idColumn" },
  );
}

async function checkNulls(
  connection: Connection,
  table: string,
  id: string,
  column: string,
): Promise<void> {
  const [row] = await queryMysql(
    connection,
    `select exists (select 1 from ${table} where ${id} is null) as found`,
  );
  if (Number(row?.["found"]) !== 1) return;
  throw new MaestroError(
    "invalidInput",
    `${table} has rows whose ${column} is NULL: an increment would never import them`,
    { field: "idColumn" },
  );
}

function checkDigits(text: string): string {
  if (/^-?\d+$/.test(text)) return text;
  throw new MaestroError("invalidInput", `the watermark ${text} is no whole number`);
}
