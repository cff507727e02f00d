import { MaestroError } from "../../shared/errors.ts";
import type { DatabaseAddress } from "./database-address.ts";
import { openPostgresSource } from "./postgres-source.ts";
import type { Source, SourceOptions } from "./source.ts";

/** Opens a database to import from. Throws `database` errors that say what is wrong. */
export function openSource(address: DatabaseAddress, options: SourceOptions): Promise<Source> {
  if (address.kind === "postgres") return openPostgresSource(address, options);
  throw new MaestroError("database", "imports read from PostgreSQL alone");
}
