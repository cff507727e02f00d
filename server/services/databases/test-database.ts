import { type DatabaseInput, databaseInputSchema } from "../../../shared/database.ts";
import { MaestroError } from "../../../shared/errors.ts";
import { testPostgres } from "../../connectors/postgres-browse.ts";
import type { Deps } from "../deps.ts";
import { databaseAddress } from "./database-address.ts";
import { readDatabase } from "./read-database.ts";

/** Connects: a saved database, or one that is not saved yet. What is wrong comes back as a sentence. */
export async function testDatabase(
  deps: Pick<Deps, "db" | "secretBox">,
  input: { id: number } | DatabaseInput,
): Promise<{ ok: true; version: string } | { ok: false; message: string }> {
  const address =
    "id" in input
      ? databaseAddress(deps, await readDatabase(deps, input.id))
      : { password: "", ...databaseInputSchema.parse(input) };
  try {
    return {
      ok: true,
      version: await testPostgres({ ...address, password: address.password ?? "" }),
    };
  } catch (error) {
    if (error instanceof MaestroError && error.code === "database") {
      return { ok: false, message: error.message };
    }
    throw error;
  }
}
