import { eq } from "drizzle-orm";
import { databases, datasets, tables } from "../../../drizzle/schema/tables.ts";
import { MaestroError } from "../../../shared/errors.ts";
import { type Actor, recordChange } from "../audit/record-change.ts";
import type { Deps } from "../deps.ts";

/** Refused while a table is imported from it; deleted tables keep theirs, for their history. */
export async function removeDatabase(
  deps: Pick<Deps, "db" | "changes">,
  id: number,
  actor: Actor,
): Promise<{ id: number }> {
  await deps.db.transaction(async (tx) => {
    const [database] = await tx
      .select({ name: databases.name })
      .from(databases)
      .where(eq(databases.id, id))
      .for("update");
    if (!database) throw new MaestroError("notFound", `there is no database ${id}`);
    const users = await tx
      .select({ dataset: datasets.name, name: tables.name, deletedAt: tables.deletedAt })
      .from(tables)
      .innerJoin(datasets, eq(datasets.id, tables.datasetId))
      .where(eq(tables.importDatabaseId, id))
      .limit(3);
    if (users.length > 0) {
      const names = users.map(
        (table) => `${table.dataset}.${table.name}${table.deletedAt ? " (deleted)" : ""}`,
      );
      throw new MaestroError(
        "conflict",
        `${database.name} is the source of ${names.join(", ")}${users.length === 3 ? ", …" : ""}; turn its imports off instead`,
      );
    }
    await tx.delete(databases).where(eq(databases.id, id));
    await recordChange(tx, actor, {
      action: "database.remove",
      subjectKind: "database",
      subjectId: id,
      detail: { name: database.name },
    });
  });
  deps.changes.publish({ noun: "database", id });
  return { id };
}
