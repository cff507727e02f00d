import type { BrowseFilter, SourceTables } from "../../../shared/database.ts";
import { browseMysql } from "../../connectors/mysql-browse.ts";
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
  return address.kind === "mysql" ? browseMysql(address, filter) : browsePostgres(address, filter);
}
