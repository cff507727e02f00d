import { type DatabaseInputBefore, databaseInputSchema } from "../../../shared/database.ts";
import { MaestroError } from "../../../shared/errors.ts";
import type { DatabaseAddress } from "../../connectors/database-address.ts";
import { testMysql } from "../../connectors/mysql-connection.ts";
import { testPostgres } from "../../connectors/postgres-browse.ts";
import type { Deps } from "../deps.ts";
import { databaseAddress } from "./database-address.ts";
import { readDatabase } from "./read-database.ts";

/** Connects: a saved database, or one that is not saved yet. What is wrong comes back as a sentence. */
export async function testDatabase(
  deps: Pick<Deps, "db" | "secretBox">,
  input: { id: number } | DatabaseInputBefore,
): Promise<{ ok: true; version: string } | { ok: false; message: string }> {
  const address =
    "id" in input
      ? databaseAddress(deps, await readDatabase(deps, input.id))
      : unsavedAddress(input);
  const connect = address.kind === "mysql" ? testMysql : testPostgres;
  try {
    return { ok: true, version: await connect(address) };
  } catch (error) {
    if (error instanceof MaestroError && error.code === "database") {
      return { ok: false, message: error.message };
    }
    throw error;
  }
}

function unsavedAddress(input: DatabaseInputBefore): DatabaseAddress {
  const { tlsMode, tlsCa, tlsCertificate, tlsKey, ...address } = databaseInputSchema.parse(input);
  const tls = { mode: tlsMode, ca: tlsCa, certificate: tlsCertificate, key: tlsKey ?? null };
  return { ...address, password: address.password ?? "", tls };
}
