import { eq } from "drizzle-orm";
import { databases } from "../../../drizzle/schema/tables.ts";
import { MaestroError } from "../../../shared/errors.ts";
import type { Deps } from "../deps.ts";

/** The row, its password still sealed. Throws `notFound`. */
export async function readDatabase(
  deps: Pick<Deps, "db">,
  id: number,
): Promise<typeof databases.$inferSelect> {
  const [row] = await deps.db.select().from(databases).where(eq(databases.id, id));
  if (!row) throw new MaestroError("notFound", `there is no database ${id}`);
  return row;
}
