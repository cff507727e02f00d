import { eq } from "drizzle-orm";
import { databases } from "../../../drizzle/schema/tables.ts";
import { type DatabaseInputBefore, databaseInputSchema } from "../../../shared/database.ts";
import { MaestroError } from "../../../shared/errors.ts";
import { type Actor, recordChange } from "../audit/record-change.ts";
import type { Deps } from "../deps.ts";
import { nameTaken } from "./name-taken.ts";
import { sealSecrets } from "./seal-secrets.ts";

/**
 * Without a password the stored one is kept, unless the address changes: whoever may edit a database
 * must not be able to send its password to a server of their own.
 */
export async function updateDatabase(
  deps: Pick<Deps, "db" | "changes" | "secretBox">,
  input: DatabaseInputBefore & { id: number },
  actor: Actor,
): Promise<{ id: number }> {
  const { id } = input;
  const { password, tlsKey, ...columns } = databaseInputSchema.parse(input);
  await nameTaken(columns.name, () =>
    deps.db.transaction(async (tx) => {
      const [before] = await tx.select().from(databases).where(eq(databases.id, id)).for("update");
      if (!before) throw new MaestroError("notFound", `there is no database ${id}`);
      const moves = before.host !== columns.host || before.port !== columns.port;
      if (moves && password === undefined && before.password) {
        throw new MaestroError(
          "invalidInput",
          "enter the password again: it is not sent to another host or port unasked",
          { field: "password" },
        );
      }
      const sealed = sealSecrets(deps, id, { password, tlsKey });
      await tx
        .update(databases)
        .set({ ...columns, ...sealed })
        .where(eq(databases.id, id));
      await recordChange(tx, actor, {
        action: "database.update",
        subjectKind: "database",
        subjectId: id,
        detail: { ...columns, passwordChanged: password !== undefined },
      });
    }),
  );
  deps.changes.publish({ noun: "database", id });
  return { id };
}
