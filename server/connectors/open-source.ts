import type { DatabaseAddress } from "./database-address.ts";
import { openMysqlSource } from "./mysql-source.ts";
import { openPostgresSource } from "./postgres-source.ts";
import type { Source, SourceOptions } from "./source.ts";

/** Opens a database to import from. Throws `database` errors that say what is wrong. */
export function openSource(address: DatabaseAddress, options: SourceOptions): Promise<Source> {
  return address.kind === "mysql"
    ? openMysqlSource(address, options)
    : openPostgresSource(address, options);
}
