import { and, eq, isNull } from "drizzle-orm";
import { z } from "zod";
import { tables } from "../../../drizzle/schema/tables.ts";
import { MaestroError } from "../../../shared/errors.ts";
import type { Deps } from "../deps.ts";
import { mayWriteGroup } from "./authorize.ts";
import type { SignedIn } from "./principal.ts";

const inputWithId = z.object({ id: z.int().positive() });

/** Throws `notFound` or `forbidden` unless the principal may write the table in `input.id`. */
export async function assertMayWriteTable(
  deps: Pick<Deps, "db">,
  principal: SignedIn,
  input: unknown,
): Promise<void> {
  const parsed = inputWithId.safeParse(input);
  if (!parsed.success) {
    throw new MaestroError("invalidInput", "id: the table's id, a whole number", { field: "id" });
  }
  const [table] = await deps.db
    .select({ groupId: tables.groupId, name: tables.name })
    .from(tables)
    .where(and(eq(tables.id, parsed.data.id), isNull(tables.deletedAt)));
  if (!table) throw new MaestroError("notFound", `there is no table with id ${parsed.data.id}`);
  if (!mayWriteGroup(principal, table.groupId)) {
    throw new MaestroError("forbidden", `you are not in the group that owns ${table.name}`);
  }
}
