import mysql from "mysql2/promise";
import type { DatabaseAddress } from "../../server/connectors/database-address.ts";
import { openMysqlSource } from "../../server/connectors/mysql-source.ts";
import { type MariaDb, startMariaDb } from "../support/mariadb.ts";

export interface MysqlDatabase {
  server: MariaDb;
  address: DatabaseAddress;
  /** One statement on a pool of the administrator's. */
  query(statement: string): Promise<Record<string, unknown>[]>;
  /** A connection of its own, for a transaction. */
  connect(): Promise<mysql.Connection>;
  drop(): Promise<void>;
}

export async function createMysqlDatabase(settings: string[] = []): Promise<MysqlDatabase> {
  const server = await startMariaDb(settings);
  const { host, port, database, username, password } = server.address;
  const options = { host, port, database, user: username, password, charset: "utf8mb4_bin" };
  const pool = mysql.createPool({ ...options, connectionLimit: 4 });
  return {
    server,
    address: server.address,
    query: async (statement) => (await pool.query(statement))[0] as Record<string, unknown>[],
    async connect() {
      const connection = await mysql.createConnection(options);
      connection.on("error", () => undefined);
      return connection;
    },
    async drop() {
      await pool.end().catch(() => undefined);
      await server.stop();
    },
  };
}

export const openMysql = (
  address: DatabaseAddress,
  { seconds = 60, signal = new AbortController().signal } = {},
) => openMysqlSource(address, { statementTimeoutSeconds: seconds, signal });
