import { and, eq, isNull, or, sql } from "drizzle-orm";
import { databases, datasets, tables } from "../../../drizzle/schema/tables.ts";
import { MaestroError } from "../../../shared/errors.ts";
import type { Db } from "../../db/client.ts";
import { type Actor, recordChange } from "../audit/record-change.ts";
import type { Deps } from "../deps.ts";

/** Refused while a table is imported from it or exported to it. */
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
    await assertUnused(tx, id, database.name);
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

/** Deleted tables keep the database that they were imported from, for their history. */
async function assertUnused(tx: Db, id: number, database: string): Promise<void> {
  const users = await tx
    .select({
      name: sql<string>`${datasets.name} || '.' || ${tables.name}`,
      isDeleted: sql<boolean>`${tables.deletedAt} is not null`,
      isSource: sql<boolean>`${tables.importDatabaseId} is not distinct from ${id}`,
    })
    .from(tables)
    .innerJoin(datasets, eq(datasets.id, tables.datasetId))
    .where(
      or(
        eq(tables.importDatabaseId, id),
        and(eq(tables.exportDatabaseId, id), isNull(tables.deletedAt)),
      ),
    )
    .orderBy(tables.id);
  if (users.length === 0) return;
  const listed = (isSource: boolean) => {
    const names = users
      .filter((user) => user.isSource === isSource)
      .map(({ name, isDeleted }) => `${name}${isDeleted ? " (deleted)" : ""}`);
    const more = names.length > 3 ? ` and ${names.length - 3} more` : "";
    return names.length === 0 ? null : `${names.slice(0, 3).join(", ")}${more}`;
  };
  const [imported, exported] = [listed(true), listed(false)];
  const uses = [
    ...(imported ? [`is the source of ${imported}`] : []),
    ...(exported ? [`is written to by ${exported}`] : []),
  ];
  throw new MaestroError(
    "conflict",
    `${database} ${uses.join(" and ")}: take it out of their definitions first, or turn its imports and exports off instead`,
  );
}
