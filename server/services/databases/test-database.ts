import {
  type DatabaseCheck,
  type DatabaseCheckName,
  type DatabaseInputBefore,
  type DatabaseTest,
  databaseCheckNames,
  databaseInputSchema,
} from "../../../shared/database.ts";
import { MaestroError } from "../../../shared/errors.ts";
import type { ConnectionFacts } from "../../connectors/connection-facts.ts";
import type { DatabaseAddress } from "../../connectors/database-address.ts";
import { checkMysql } from "../../connectors/mysql-check.ts";
import { checkPostgres } from "../../connectors/postgres-check.ts";
import { tlsReason } from "../../connectors/tls-faults.ts";
import type { Deps } from "../deps.ts";
import { databaseAddress } from "./database-address.ts";
import { readDatabase } from "./read-database.ts";
import { type Secrets, settleSecrets } from "./settle-secrets.ts";
import { validateTls } from "./validate-tls.ts";

interface Tested {
  address: DatabaseAddress;
  mayImport: boolean;
  mayExport: boolean;
}

/**
 * Connects, and looks what the user may do: a saved database, an edit of one that is not saved yet, or
 * one that is new. What is wrong comes back as a sentence.
 */
export async function testDatabase(
  deps: Pick<Deps, "db" | "secretBox">,
  input: { id: number } | (DatabaseInputBefore & { id?: number }),
): Promise<DatabaseTest> {
  const tested = await readTested(deps, input);
  const { address } = tested;
  try {
    const facts = await (address.kind === "mysql" ? checkMysql(address) : checkPostgres(address));
    return describeFacts(facts, tested);
  } catch (error) {
    if (!(error instanceof MaestroError) || error.code !== "database") throw error;
    return { ok: false, message: error.message, checks: checksUpTo(error, address) };
  }
}

async function readTested(
  deps: Pick<Deps, "db" | "secretBox">,
  input: { id: number } | (DatabaseInputBefore & { id?: number }),
): Promise<Tested> {
  const before = input.id === undefined ? null : await readDatabase(deps, input.id);
  if (!("host" in input)) {
    if (!before) throw new Error("neither an id nor an address");
    return { ...before, address: databaseAddress(deps, before) };
  }
  const parsed = databaseInputSchema.parse(input);
  const secrets = settleSecrets(deps, before, parsed);
  validateTls(parsed, secrets);
  return { ...parsed, address: addressOf(parsed, secrets) };
}

function addressOf(
  {
    kind,
    host,
    port,
    database,
    username,
    tlsMode,
    tlsCa,
    tlsCertificate,
  }: ReturnType<typeof databaseInputSchema.parse>,
  { password, tlsKey }: Secrets,
): DatabaseAddress {
  const tls = { mode: tlsMode, ca: tlsCa, certificate: tlsCertificate, key: tlsKey };
  return { kind, host, port, database, username, password: password ?? "", tls };
}

function describeFacts(facts: ConnectionFacts, tested: Tested): DatabaseTest {
  const { address, mayImport, mayExport } = tested;
  const checks = [
    ...passed(address, "read", facts),
    ...(mayImport ? [readCheck(facts, address)] : []),
    ...(mayExport ? [writeCheck(facts)] : []),
  ];
  const failed = checks.find(({ state }) => state === "failed");
  if (failed) return { ok: false, message: failed.text, checks };
  return { ok: true, version: facts.version, encryption: facts.encryption, checks };
}

function readCheck({ tables, readable }: ConnectionFacts, address: DatabaseAddress): DatabaseCheck {
  const { username } = address;
  if (readable > 0) {
    const text = `${username} may read ${readable} of ${tables} tables`;
    return {
      name: "read",
      state: "ok",
      text: readable === tables ? `${username} may read all ${tables} tables` : text,
    };
  }
  const remedy = `grant select on … to ${username}`;
  return tables > 0
    ? {
        name: "read",
        state: "failed",
        text: `${username} may read none of ${tables} tables: ${remedy}`,
      }
    : {
        name: "read",
        state: "warning",
        text: `${username} sees no table: if there are any, ${remedy}`,
      };
}

function writeCheck({ missingToWrite }: ConnectionFacts): DatabaseCheck {
  return missingToWrite === null
    ? { name: "write", state: "ok", text: "it may make and fill tables" }
    : { name: "write", state: "failed", text: missingToWrite };
}

/** What went well before what failed. */
function checksUpTo(error: MaestroError, address: DatabaseAddress): DatabaseCheck[] {
  const name = checkOf(error.reason ?? "");
  return [...passed(address, name, null), { name, state: "failed", text: error.message }];
}

function checkOf(reason: string): DatabaseCheckName {
  if (reason === tlsReason) return "encryption";
  if (/^(28|ER_ACCESS_DENIED_ERROR|ER_HOST_NOT_PRIVILEGED|ER_MUST_CHANGE_PASSWORD)/.test(reason)) {
    return "sign-in";
  }
  // 42501 before any statement of ours: the user may not connect to this database.
  return /^(3D000|42501|ER_BAD_DB_ERROR|ER_DBACCESS_DENIED_ERROR)/.test(reason)
    ? "database"
    : "address";
}

/** The checks before `upTo`. Encryption is only told of where it is known. */
function passed(
  address: DatabaseAddress,
  upTo: DatabaseCheckName,
  facts: ConnectionFacts | null,
): DatabaseCheck[] {
  const { host, port, username, database } = address;
  const texts: Partial<Record<DatabaseCheckName, string>> = {
    address: `${host}:${port} answers${facts ? ` as ${facts.version}` : ""}`,
    ...(facts ? { encryption: encryptionText(facts.encryption, address) } : {}),
    "sign-in": `${username} is let in`,
    database: `${database} is there`,
  };
  const before = databaseCheckNames.slice(0, databaseCheckNames.indexOf(upTo));
  return before.flatMap((name) => {
    const text = texts[name];
    const state = name === "encryption" && facts?.encryption === null ? "warning" : "ok";
    return text === undefined ? [] : [{ name, state, text }];
  });
}

function encryptionText(protocol: string | null, { tls }: DatabaseAddress): string {
  if (protocol === null) return "the connection is not encrypted";
  const verified = {
    "verify-ca": "the certificate is signed by the authority",
    "verify-full": "the certificate is signed by the authority and names the host",
  };
  const known = tls.mode === "verify-ca" || tls.mode === "verify-full" ? verified[tls.mode] : null;
  return `${protocol}; ${known ?? "the server's certificate is not verified"}`;
}
