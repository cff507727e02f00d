import { frequencies } from "../../../drizzle/schema/frequencies.ts";
import { databases } from "../../../drizzle/schema/tables.ts";
import { groups } from "../../../drizzle/schema/users.ts";
import { MaestroError } from "../../../shared/errors.ts";
import type { Db } from "../../db/client.ts";

const pointed = ["group", "frequency", "database"] as const;
type Pointed = (typeof pointed)[number];

/** What tables point at, by name and by id. */
export interface CatalogNames {
  /** Null for null, and for what is not there any more. */
  nameOf(kind: Pointed, id: number | null): string | null;
  /** Throws `invalidInput` for a name that there is not. */
  idOf(kind: Pointed, name: string | null, field: string): number | null;
}

export async function loadCatalogNames(db: Db): Promise<CatalogNames> {
  const [ofGroups, ofFrequencies, ofDatabases] = await Promise.all([
    db.select({ id: groups.id, name: groups.name }).from(groups),
    db.select({ id: frequencies.id, name: frequencies.name }).from(frequencies),
    db.select({ id: databases.id, name: databases.name }).from(databases),
  ]);
  const rows = { group: ofGroups, frequency: ofFrequencies, database: ofDatabases };
  const byId = mapped((kind) => new Map(rows[kind].map(({ id, name }) => [id, name])));
  const byName = mapped((kind) => new Map(rows[kind].map(({ id, name }) => [name, id])));
  return {
    nameOf: (kind, id) => (id === null ? null : (byId[kind].get(id) ?? null)),
    idOf(kind, name, field) {
      if (name === null) return null;
      const id = byName[kind].get(name);
      if (id !== undefined) return id;
      const known = [...byName[kind].keys()].slice(0, 10).join(", ") || "none";
      const message = `there is no ${kind} ${name}: make it first, or name another (there are: ${known})`;
      throw new MaestroError("invalidInput", message, { field });
    },
  };
}

function mapped<T>(make: (kind: Pointed) => T): Record<Pointed, T> {
  return { group: make("group"), frequency: make("frequency"), database: make("database") };
}
