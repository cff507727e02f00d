import type { Connection } from "mysql2/promise";
import { MaestroError } from "../../shared/errors.ts";
import { quoteName } from "../../shared/sql-quotes.ts";
import type { ExportDone, ExportWork } from "./export-work.ts";
import { loadRows } from "./mysql-load.ts";
import { type MysqlTarget, placeOf, quoteMysql, select } from "./mysql-target-table.ts";
import { inTarget } from "./mysql-target-write.ts";
import { columnFor, keyNames } from "./target-columns.ts";

/**
 * An UPDATE of the rows whose key is there and an INSERT of the others: ON DUPLICATE KEY UPDATE would
 * also change a row that shares another unique column with a new one.
 */
export async function upsertMysql(
  connection: Connection,
  work: ExportWork,
  place: { schema: string; name: string },
): Promise<ExportDone> {
  const named = keyNames(work.keys, work.fields);
  return inTarget(
    connection,
    work,
    place,
    async ({ columns, target }) => {
      const keys = named.map((key) => (target && columnFor(target.columns, key)?.name) ?? key);
      if (target) await requireUnique(connection, target, keys);
      const table = placeOf(place);
      const temporary = placeOf({ ...place, name: `maestro_${work.claim.exporter}_rows` });
      const names = columns.map((column) => quoteName(column.name));
      // Right of an outer join, its columns take NULL: a key that is missing is told as such.
      await connection.query(
        `create temporary table ${temporary} engine = InnoDB select ${names.map((name) => `t.${name}`).join(", ")} from (select 1 as one) as o left join ${table} as t on false limit 0`,
      );
      const done = await loadRows(connection, work, { table: temporary, columns });
      await refuseKeys(connection, temporary, keys);
      const on = keys.map((key) => `t.${quoteName(key)} = r.${quoteName(key)}`).join(" and ");
      const sets = names.map((name) => `t.${name} = r.${name}`).join(", ");
      await connection.query(`update ${table} t join ${temporary} r on ${on} set ${sets}`);
      const [first = ""] = keys.map(quoteName);
      const statement = `insert into ${table} (${names.join(", ")}) select ${names.map((name) => `r.${name}`).join(", ")} from ${temporary} r left join ${table} t on ${on} where t.${first} is null`;
      await connection.query(statement);
      return { ...done, statement, notes: [] };
    },
    named,
  );
}

async function requireUnique(
  connection: Connection,
  target: MysqlTarget,
  keys: string[],
): Promise<void> {
  const parts = await select<{ name: string; column: string | null; part: number | null }>(
    connection,
    `select index_name as "name", column_name as "column", sub_part as "part"
     from information_schema.statistics where table_schema = ? and table_name = ? and non_unique = 0`,
    [target.schema, target.name],
  );
  const wanted = [...keys].sort().join("\n");
  const names = new Set(parts.map((part) => part.name));
  const isThere = [...names].some((name) => {
    const own = parts.filter((part) => part.name === name);
    const columns = own.map((part) => part.column ?? "");
    return own.every((part) => part.part === null) && columns.sort().join("\n") === wanted;
  });
  if (isThere) return;
  const list = keys.map(quoteMysql).join(", ");
  throw new MaestroError(
    "database",
    `${target.name} has no unique index on exactly (${list}): alter table ${quoteMysql(target.name)} add unique (${list})`,
  );
}

async function refuseKeys(connection: Connection, rows: string, keys: string[]): Promise<void> {
  const list = keys.map(quoteName).join(", ");
  const shown = `concat_ws(', ', ${keys.map((key) => `coalesce(left(${quoteName(key)}, 100), 'NULL')`).join(", ")})`;
  const nulls = keys.map((key) => `${quoteName(key)} is null`).join(" or ");
  const [lacking] = await select<{ shown: string }>(
    connection,
    `select ${shown} as shown from ${rows} where ${nulls} limit 1`,
  );
  if (lacking) {
    throw new MaestroError(
      "database",
      `a row has no value for the key (${list}): it holds (${lacking.shown}); take such rows out in the query`,
    );
  }
  const [twice] = await select<{ shown: string; times: number }>(
    connection,
    `select min(${shown}) as shown, count(*) as times from ${rows}
     group by ${list} having count(*) > 1 limit 1`,
  );
  if (!twice) return;
  throw new MaestroError(
    "database",
    `${twice.times} rows have the key (${twice.shown}): make (${list}) unique in the query, or name other keys`,
  );
}
