import { TLSSocket } from "node:tls";
import type { Connection } from "mysql2/promise";
import type { ConnectionFacts } from "./connection-facts.ts";
import type { DatabaseAddress } from "./database-address.ts";
import { connectMysql, describeMysqlFault } from "./mysql-connection.ts";

/** What an export does: it makes a table, fills it, and puts it in the old one's place. */
const rightsToWrite = ["CREATE", "INSERT", "ALTER", "DROP"];

/** Connects, and looks what the user may do there. Throws `database` errors that say what is wrong. */
export async function checkMysql(address: DatabaseAddress): Promise<ConnectionFacts> {
  const connection = await connectMysql(address);
  try {
    const readable = await countReadable(connection);
    return {
      version: await readVersion(connection),
      encryption: encryptionOf(connection),
      // The server shows a user no table that it has no right to.
      tables: readable,
      readable,
      missingToWrite: await findMissing(connection, address),
    };
  } catch (error) {
    throw describeMysqlFault(error, address);
  } finally {
    await connection.end().catch(() => undefined);
  }
}

async function readVersion(connection: Connection): Promise<string> {
  const [row] = await ask<{ version: string }>(connection, "select version() as version");
  const [number = ""] = (row?.version ?? "").split("-");
  return `${/mariadb/i.test(row?.version ?? "") ? "MariaDB" : "MySQL"} ${number}`;
}

function encryptionOf(connection: Connection): string | null {
  // The driver's types leave it out.
  const { stream } = (connection as unknown as { connection: { stream: unknown } }).connection;
  return stream instanceof TLSSocket ? stream.getProtocol() : null;
}

async function countReadable(connection: Connection): Promise<number> {
  const [row] = await ask<{ tables: number }>(
    connection,
    "select count(*) as tables from information_schema.tables where table_schema = database()",
  );
  return Number(row?.tables ?? 0);
}

/** By the server's own list of what was granted, to the user and to its roles that are on. */
async function findMissing(
  connection: Connection,
  address: DatabaseAddress,
): Promise<string | null> {
  const rows = await ask<Record<string, string>>(connection, "show grants");
  const granted = new Set<string>();
  for (const grant of rows.flatMap((row) => Object.values(row))) {
    const [, rights = "", schema = ""] =
      /^GRANT (.+?) ON (?:TABLE )?(\S+?)\.\* TO /.exec(grant) ?? [];
    if (!coversSchema(schema, address.database)) continue;
    for (const right of rights.split(", ")) granted.add(right);
  }
  if (granted.has("ALL PRIVILEGES") || granted.has("ALL")) return null;
  const missing = rightsToWrite.filter((right) => !granted.has(right));
  if (missing.length === 0) return null;
  const { username, database } = address;
  return `${username} lacks ${missing.join(", ")} on ${database}: grant ${rightsToWrite.join(", ")} on ${database}.* to ${username}`;
}

/** A grant's schema is a pattern, with `_` and `%` unless they are escaped; `*` is all of them. */
function coversSchema(granted: string, database: string): boolean {
  if (granted === "*") return true;
  const name = granted.replace(/^[`"]|[`"]$/g, "");
  const pattern = name.replace(/\\[_%]|[_%]|[.*+?^${}()|[\]\\]/g, (found) => {
    if (found.length === 2) return found.slice(1);
    if (found === "_") return ".";
    return found === "%" ? ".*" : `\\${found}`;
  });
  return new RegExp(`^${pattern}$`).test(database);
}

async function ask<T>(connection: Connection, statement: string): Promise<T[]> {
  const [rows] = await connection.query(statement);
  return rows as T[];
}
