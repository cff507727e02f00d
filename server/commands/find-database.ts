import type { DatabaseView } from "../../shared/database.ts";
import { MaestroError } from "../../shared/errors.ts";
import type { Client } from "./client-connection.ts";

/** By its name. Throws `notFound`, naming those that there are. */
export async function findDatabase(client: Client, name: string): Promise<DatabaseView> {
  const all = await client.databases.list.query();
  const found = all.find((database) => database.name === name);
  if (found) return found;
  const names = all.map((database) => database.name).join(", ") || "none";
  throw new MaestroError("notFound", `there is no database ${name}; there are: ${names}`);
}
