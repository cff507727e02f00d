import { eq } from "drizzle-orm";
import { databases } from "../../../drizzle/schema/tables.ts";
import { type DatabaseInput, databaseInputSchema } from "../../../shared/database.ts";
import { type Actor, recordChange } from "../audit/record-change.ts";
import type { Deps } from "../deps.ts";
import { passwordRow } from "./database-address.ts";
import { nameTaken } from "./name-taken.ts";

/** The password is sealed to the row, so that no other row's bytes can stand in for it. */
export async function createDatabase(
  deps: Pick<Deps, "db" | "changes" | "secretBox">,
  input: DatabaseInput,
  actor: Actor,
): Promise<{ id: number }> {
  const { password, ...columns } = databaseInputSchema.parse(input);
  const id = await nameTaken(columns.name, () =>
    deps.db.transaction(async (tx) => {
      const [row] = await tx.insert(databases).values(columns).returning({ id: databases.id });
      if (!row) throw new Error("an insert without a row");
      if (password) {
        const sealed = deps.secretBox.seal(password, passwordRow(row.id));
        await tx.update(databases).set({ password: sealed }).where(eq(databases.id, row.id));
      }
      await recordChange(tx, actor, {
        action: "database.create",
        subjectKind: "database",
        subjectId: row.id,
        detail: columns,
      });
      return row.id;
    }),
  );
  deps.changes.publish({ noun: "database", id });
  return { id };
}
