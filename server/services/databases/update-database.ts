import { eq } from "drizzle-orm";
import { databases } from "../../../drizzle/schema/tables.ts";
import { type DatabaseInputBefore, databaseInputSchema } from "../../../shared/database.ts";
import { MaestroError } from "../../../shared/errors.ts";
import { forgetWatermarksOf } from "../../db/tables.ts";
import { type Actor, recordChange } from "../audit/record-change.ts";
import type { Deps } from "../deps.ts";
import { nameTaken } from "./name-taken.ts";
import { sealSecrets } from "./seal-secrets.ts";
import { settleSecrets } from "./settle-secrets.ts";
import { validateTls } from "./validate-tls.ts";

/**
 * Without a password or a key the stored ones are kept, where `settleSecrets` lets them. At another
 * address are other rows: increments begin anew there, unless `hasSameData` says that the database has
 * only moved.
 */
export async function updateDatabase(
  deps: Pick<Deps, "db" | "changes" | "secretBox">,
  input: DatabaseInputBefore & { id: number; hasSameData?: boolean },
  actor: Actor,
): Promise<{ id: number }> {
  const { id } = input;
  const parsed = databaseInputSchema.parse(input);
  const { password, tlsKey, ...columns } = parsed;
  await nameTaken(columns.name, () =>
    deps.db.transaction(async (tx) => {
      const [before] = await tx.select().from(databases).where(eq(databases.id, id)).for("update");
      if (!before) throw new MaestroError("notFound", `there is no database ${id}`);
      const settled = settleSecrets(deps, before, parsed);
      validateTls(parsed, settled);
      const sealed = await sealSecrets(tx, deps, id, {
        password: settled.password ?? "",
        tlsKey: settled.tlsKey ?? "",
      });
      await tx
        .update(databases)
        .set({ ...columns, ...sealed })
        .where(eq(databases.id, id));
      const beginsAnew = !input.hasSameData && isElsewhere(before, columns);
      if (beginsAnew) await forgetWatermarksOf(tx, id);
      await recordChange(tx, actor, {
        action: "database.update",
        subjectKind: "database",
        subjectId: id,
        detail: {
          ...columns,
          passwordChanged: password !== undefined,
          tlsKeyChanged: tlsKey !== undefined,
          watermarksForgotten: beginsAnew,
        },
      });
    }),
  );
  deps.changes.publish({ noun: "database", id });
  return { id };
}

type Address = Pick<typeof databases.$inferSelect, "kind" | "host" | "port" | "database">;

function isElsewhere(before: Address, after: Address): boolean {
  const keys = ["kind", "host", "port", "database"] as const;
  return keys.some((key) => before[key] !== after[key]);
}
