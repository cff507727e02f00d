import { MaestroError } from "../../../shared/errors.ts";
import { deleteGroup, lockGroup, selectTablesOfGroup } from "../../db/groups.ts";
import { type Actor, recordChange } from "../audit/record-change.ts";
import type { Deps } from "../deps.ts";

/**
 * Refused while it owns tables: only admins could change them then, and nobody would be told of what
 * they cost. What its tables cost until then stays under its name.
 */
export async function removeGroup(
  deps: Pick<Deps, "db" | "changes">,
  id: number,
  actor: Actor,
): Promise<void> {
  await deps.db.transaction(async (tx) => {
    const name = await lockGroup(tx, id);
    if (name === null) throw new MaestroError("notFound", `there is no group with id ${id}`);
    const owned = await selectTablesOfGroup(tx, id);
    if (owned.length > 0) throw stillOwns(name, owned);
    await deleteGroup(tx, id);
    await recordChange(tx, actor, {
      action: "group.remove",
      subjectKind: "group",
      subjectId: id,
      detail: { name },
    });
  });
  deps.changes.publish({ noun: "group", id });
}

function stillOwns(name: string, owned: string[]): MaestroError {
  const shown = owned.slice(0, 5).join(", ");
  const more = owned.length > 5 ? ` and ${owned.length - 5} more` : "";
  return new MaestroError(
    "conflict",
    `the group ${name} owns ${shown}${more}: give them to another group in their settings, or delete them, first`,
    { field: "id" },
  );
}
