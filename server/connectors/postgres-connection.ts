import pg from "pg";
import { MaestroError, messageOf } from "../../shared/errors.ts";
import { type DatabaseAddress, tlsOptions } from "./database-address.ts";
import { describeNetworkFault, transientNetworkFaults } from "./network-faults.ts";
import { describeTlsFault, tlsReason } from "./tls-faults.ts";

/** SQLSTATEs, and the start of some, under which the same call may succeed later. */
const transientStates = /^(08|40001|40P01|53|57P0[123]|58)/;
const transientFaults = new Set(transientNetworkFaults);

const noPassword = "28P01 none given";

/** Connects as the address's TLS mode says. Throws `database` errors that say what is wrong. */
export async function connectPostgres(
  address: DatabaseAddress,
  applicationName: string,
): Promise<pg.Client> {
  const { mode } = address.tls;
  try {
    return await connect(address, applicationName, mode !== "disable");
  } catch (error) {
    const isPlain = /does not support SSL/.test(messageOf(error));
    if (!isPlain || mode !== "prefer") throw describeFault(error, address);
  }
  try {
    return await connect(address, applicationName, false);
  } catch (error) {
    throw describeFault(error, address);
  }
}

async function connect(
  address: DatabaseAddress,
  applicationName: string,
  isEncrypted: boolean,
): Promise<pg.Client> {
  const client = new pg.Client({
    host: address.host,
    port: address.port,
    database: address.database,
    user: address.username,
    password: address.password,
    application_name: applicationName,
    connectionTimeoutMillis: 15_000,
    keepAlive: true,
    // A peer that is gone without a word is found out soon after, and not by the system's two hours.
    keepAliveInitialDelayMillis: 30_000,
    ssl: isEncrypted ? tlsOptions(address) : false,
  });
  // A connection that breaks between two queries fails the next one; it must not end the process.
  client.on("error", () => undefined);
  await client.connect();
  return client;
}

/** What a user can act on, and whether a retry may help. A MaestroError stays as it is. */
export function describeFault(error: unknown, address: DatabaseAddress): MaestroError {
  if (error instanceof MaestroError) return error;
  const tlsFault = describeTlsFault(messageOf(error), address);
  if (tlsFault !== null) {
    return new MaestroError("database", tlsFault, { cause: error, reason: tlsReason });
  }
  // The driver's own, without a code: the server wants a password, and it was given none.
  const code = /client password must be/.test(messageOf(error)) ? noPassword : codeOf(error);
  return new MaestroError("database", sentence(error, code, address), {
    cause: error,
    retryable: transientFaults.has(code) || transientStates.test(code) || isBroken(error),
    ...(code === "" ? {} : { reason: code }),
  });
}

function sentence(error: unknown, code: string, address: DatabaseAddress): string {
  const at = `${address.host}:${address.port}`;
  const text = messageOf(error) || code;
  const networkFault = describeNetworkFault(code, address);
  if (networkFault !== null) return networkFault;
  switch (code) {
    case noPassword:
      return `${at} asks for the password of ${address.username}, and none is given: enter it`;
    case "28P01":
    case "28000":
      return `${at} refuses the user ${address.username}: ${text}`;
    case "3D000":
      return `${at} has no database named ${address.database}`;
    case "42501":
      return `the user ${address.username} may not read it: ${text}`;
    case "57014":
      return `PostgreSQL ended the statement: ${text}`;
    default:
      return /timeout expired/.test(text)
        ? `${at} does not answer within 15 s: check the address and firewalls`
        : text;
  }
}

/** pg has no code for a connection that ends under a query. */
function isBroken(error: unknown): boolean {
  return /Connection terminated|connection ended|Client has encountered a connection error/i.test(
    messageOf(error),
  );
}

function codeOf(error: unknown): string {
  const inner = error instanceof AggregateError ? error.errors[0] : error;
  return typeof inner === "object" && inner !== null && "code" in inner ? String(inner.code) : "";
}
