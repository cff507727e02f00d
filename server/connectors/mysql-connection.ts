import { isIP, type Socket } from "node:net";
import type { Connection as CoreConnection } from "mysql2";
import mysql, { type Connection, type ConnectionOptions } from "mysql2/promise";
import { MaestroError, messageOf } from "../../shared/errors.ts";
import { abortable, abortableWithin } from "../support/abortable.ts";
import { type DatabaseAddress, tlsOptions } from "./database-address.ts";
import { describeNetworkFault, transientNetworkFaults } from "./network-faults.ts";
import { describeTlsFault, tlsReason } from "./tls-faults.ts";

const transientFaults = new Set([
  ...transientNetworkFaults,
  "PROTOCOL_CONNECTION_LOST",
  "ER_LOCK_DEADLOCK",
  "ER_LOCK_WAIT_TIMEOUT",
  "ER_TABLE_DEF_CHANGED",
  "ER_CON_COUNT_ERROR",
  "ER_SERVER_SHUTDOWN",
  "ER_CONNECTION_KILLED",
]);

const answerMs = 15_000;
/** A peer that is gone without a word is found out soon after, and not by the system's two hours. */
const keepAliveMs = 30_000;
const pins =
  "set session sql_mode = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES,STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION,PIPES_AS_CONCAT', time_zone = '+00:00'";

/** MariaDB's own, for which mysql2 has no name. */
const unnamedFaults = new Map([[1969, "ER_STATEMENT_TIMEOUT"]]);

/**
 * Connects as the address's TLS mode says; `prefer` is plain where the server has no TLS. The session
 * reads and writes UTF-8 in UTC, and its texts have no escapes (NO_BACKSLASH_ESCAPES), so that they
 * mean the same whatever the server sets. Throws `database` errors that say what is wrong.
 */
export async function connectMysql(
  address: DatabaseAddress,
  options: ConnectionOptions = {},
  signal: AbortSignal = new AbortController().signal,
): Promise<Connection> {
  const { mode } = address.tls;
  if (mode === "verify-full" && isIP(address.host) !== 0) {
    // The driver would hold the certificate against another name than the address.
    throw new MaestroError(
      "database",
      `verify-full needs the host's name, as its certificate has it, not the address ${address.host}; verify-ca asks for no name`,
      { reason: tlsReason },
    );
  }
  try {
    return await connect(address, options, mode !== "disable", signal);
  } catch (error) {
    if (codeOf(error) !== "HANDSHAKE_NO_SSL_SUPPORT" || mode !== "prefer") {
      throw describeMysqlFault(error, address);
    }
  }
  try {
    return await connect(address, options, false, signal);
  } catch (error) {
    throw describeMysqlFault(error, address);
  }
}

async function connect(
  address: DatabaseAddress,
  options: ConnectionOptions,
  isEncrypted: boolean,
  signal: AbortSignal,
): Promise<Connection> {
  const { checkServerIdentity: _, ...tls } = tlsOptions(address);
  const opening = mysql.createConnection({
    host: address.host,
    port: address.port,
    database: address.database,
    user: address.username,
    password: address.password,
    connectTimeout: answerMs,
    enableKeepAlive: true,
    keepAliveInitialDelay: keepAliveMs,
    charset: "utf8mb4_bin",
    timezone: "Z",
    ...options,
    ...(isEncrypted
      ? { ssl: { ...tls, verifyIdentity: address.tls.mode === "verify-full" } as object }
      : {}),
  });
  const connection = await abortable(opening, signal).catch((error: unknown) => {
    opening.then((late) => late.destroy()).catch(() => undefined);
    throw error;
  });
  // A connection that breaks between two queries fails the next one; it must not end the process.
  connection.on("error", () => undefined);
  // Of a connection that is destroyed here mysql2 tells a statement nothing, and none has a time limit.
  const pinned = connection.query(pins);
  await abortableWithin(answerMs, pinned, signal, () => silent(address)).catch((error: unknown) => {
    breakMysql(coreOf(connection));
    throw error;
  });
  return connection;
}

function silent({ host, port }: DatabaseAddress): MaestroError {
  const text = `${host}:${port} does not answer within ${answerMs / 1000} s`;
  return new MaestroError("database", text, { retryable: true, reason: "ETIMEDOUT" });
}

/** Promises are a wrapper, which does not declare what it wraps. */
export function coreOf(connection: Connection): CoreConnection {
  const { connection: core } = connection as unknown as { connection: CoreConnection };
  return core;
}

/** mysql2 does not declare it; TLS has put its own in the place of the first. */
export function socketOf(core: CoreConnection): Socket {
  const { stream } = core as unknown as { stream: Socket };
  return stream;
}

/** Ends it at once, whatever is on its way: mysql2 alone would only say good-bye, and wait. */
export function breakMysql(core: CoreConnection): void {
  core.destroy();
  socketOf(core).destroy();
}

/** The rows of a statement that is complete in itself. */
export async function queryMysql(
  connection: Connection,
  statement: string,
): Promise<Record<string, unknown>[]> {
  const [rows] = await connection.query(statement);
  return rows as Record<string, unknown>[];
}

/** What a user can act on, and whether a retry may help. A MaestroError stays as it is. */
export function describeMysqlFault(error: unknown, address: DatabaseAddress): MaestroError {
  if (error instanceof MaestroError) return error;
  const tlsFault = describeTlsFault(messageOf(error), address);
  if (tlsFault !== null) {
    return new MaestroError("database", tlsFault, { cause: error, reason: tlsReason });
  }
  const code = codeOf(error);
  return new MaestroError("database", sentence(error, code, address), {
    cause: error,
    retryable: transientFaults.has(code),
    ...(code === "" ? {} : { reason: code }),
  });
}

function sentence(error: unknown, code: string, address: DatabaseAddress): string {
  const at = `${address.host}:${address.port}`;
  const text = messageOf(error) || code;
  const networkFault = describeNetworkFault(code, address);
  if (networkFault !== null) return networkFault;
  switch (code) {
    case "HANDSHAKE_SSL_ERROR":
      return `no encrypted connection to ${at}: ${text}`;
    case "ER_ACCESS_DENIED_ERROR":
    case "ER_DBACCESS_DENIED_ERROR":
    case "ER_HOST_NOT_PRIVILEGED":
      return `${at} refuses the user ${address.username}: ${text}`;
    case "ER_BAD_DB_ERROR":
      return `${at} has no database named ${address.database}`;
    case "ER_TABLEACCESS_DENIED_ERROR":
    case "ER_COLUMNACCESS_DENIED_ERROR":
      return `the user ${address.username} may not do it: ${text}`;
    default:
      return text;
  }
}

function codeOf(error: unknown): string {
  const inner = error instanceof AggregateError ? error.errors[0] : error;
  if (typeof inner !== "object" || inner === null) return "";
  if ("code" in inner && inner.code !== undefined) return String(inner.code);
  return "errno" in inner ? (unnamedFaults.get(Number(inner.errno)) ?? String(inner.errno)) : "";
}
