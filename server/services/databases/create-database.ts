import { eq } from "drizzle-orm";
import { databases } from "../../../drizzle/schema/tables.ts";
import { type DatabaseInputBefore, databaseInputSchema } from "../../../shared/database.ts";
import { type Actor, recordChange } from "../audit/record-change.ts";
import type { Deps } from "../deps.ts";
import { nameTaken } from "./name-taken.ts";
import { sealSecrets } from "./seal-secrets.ts";
import { validateTls } from "./validate-tls.ts";

export async function createDatabase(
  deps: Pick<Deps, "db" | "changes" | "secretBox">,
  input: DatabaseInputBefore,
  actor: Actor,
): Promise<{ id: number }> {
  const parsed = databaseInputSchema.parse(input);
  const { password = "", tlsKey = "", ...columns } = parsed;
  validateTls(parsed, { tlsKey: tlsKey || null });
  const id = await nameTaken(columns.name, () =>
    deps.db.transaction(async (tx) => {
      const [row] = await tx.insert(databases).values(columns).returning({ id: databases.id });
      if (!row) throw new Error("an insert without a row");
      const secrets = await sealSecrets(tx, deps, row.id, { password, tlsKey });
      await tx.update(databases).set(secrets).where(eq(databases.id, row.id));
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
