import type { SourceTable } from "../../../shared/database.ts";
import { browsePostgres } from "../../connectors/postgres-browse.ts";
import type { Deps } from "../deps.ts";
import { databaseAddress } from "./database-address.ts";
import { readDatabase } from "./read-database.ts";

/** The tables and views of a source that its user may read. */
export async function browseDatabase(
  deps: Pick<Deps, "db" | "secretBox">,
  id: number,
): Promise<SourceTable[]> {
  return browsePostgres(databaseAddress(deps, await readDatabase(deps, id)));
}
