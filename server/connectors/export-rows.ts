import type { DatabaseAddress } from "./database-address.ts";
import type { ExportDone, ExportWork } from "./export-work.ts";
import { exportToMysql } from "./mysql-target.ts";
import { exportToPostgres } from "./postgres-target.ts";
import { refuseNames } from "./target-columns.ts";

/** Writes staged rows to a table of a database, whole or not at all. Throws in words. */
export async function exportRows(address: DatabaseAddress, work: ExportWork): Promise<ExportDone> {
  refuseNames(address.kind, work);
  switch (address.kind) {
    case "postgres":
      return exportToPostgres(address, work);
    case "mysql":
      return exportToMysql(address, work);
  }
}
