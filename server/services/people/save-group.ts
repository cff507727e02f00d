import { MaestroError } from "../../../shared/errors.ts";
import { violatedConstraint } from "../../db/constraint.ts";
import { insertGroup, lockGroup, updateGroupName } from "../../db/groups.ts";
import { type Actor, recordChange } from "../audit/record-change.ts";
import type { Deps } from "../deps.ts";

export async function createGroup(
  deps: Pick<Deps, "db" | "changes">,
  { name }: { name: string },
  actor: Actor,
): Promise<{ id: number }> {
  const id = await nameTaken(name, () =>
    deps.db.transaction(async (tx) => {
      const made = await insertGroup(tx, name);
      const subject = { subjectKind: "group", subjectId: made };
      await recordChange(tx, actor, { action: "group.create", ...subject, detail: { name } });
      return made;
    }),
  );
  deps.changes.publish({ noun: "group", id });
  return { id };
}

/** Its tables and members stay; costs before it are told under the old name. */
export async function renameGroup(
  deps: Pick<Deps, "db" | "changes">,
  { id, name }: { id: number; name: string },
  actor: Actor,
): Promise<void> {
  await nameTaken(name, () =>
    deps.db.transaction(async (tx) => {
      const before = await lockGroup(tx, id);
      if (before === null) throw new MaestroError("notFound", `there is no group with id ${id}`);
      if (before === name) return;
      await updateGroupName(tx, id, name);
      await recordChange(tx, actor, {
        action: "group.rename",
        subjectKind: "group",
        subjectId: id,
        detail: { from: before, to: name },
      });
    }),
  );
  deps.changes.publish({ noun: "group", id });
}

async function nameTaken<T>(name: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (violatedConstraint(error) !== "groups_name_unique") throw error;
    throw new MaestroError("conflict", `there is a group named ${name} already`, {
      field: "name",
      cause: error,
    });
  }
}
