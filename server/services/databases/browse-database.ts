import type { BrowseFilter, SourceTables } from "../../../shared/database.ts";
import { MaestroError } from "../../../shared/errors.ts";
import { browsePostgres } from "../../connectors/postgres-browse.ts";
import type { Deps } from "../deps.ts";
import { databaseAddress } from "./database-address.ts";
import { readDatabase } from "./read-database.ts";

/** The tables and views of a source that its user may read, a page at a time. */
export async function browseDatabase(
  deps: Pick<Deps, "db" | "secretBox">,
  { id, ...filter }: BrowseFilter & { id: number },
): Promise<SourceTables> {
  const address = databaseAddress(deps, await readDatabase(deps, id));
  if (address.kind === "mysql") {
    throw new MaestroError("notSupported", "a MySQL cannot be browsed: name its table instead");
  }
  return browsePostgres(address, filter);
}
