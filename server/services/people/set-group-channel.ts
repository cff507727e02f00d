import { MaestroError } from "../../../shared/errors.ts";
import { lockGroup, updateGroupChannel } from "../../db/groups.ts";
import { type Actor, recordChange } from "../audit/record-change.ts";
import type { Deps } from "../deps.ts";

/** Says where Slack is told of the group's tables; null is the channel of the settings. */
export async function setGroupChannel(
  deps: Pick<Deps, "db" | "changes">,
  { id, slackChannel }: { id: number; slackChannel: string | null },
  actor: Actor,
): Promise<void> {
  await deps.db.transaction(async (tx) => {
    const name = await lockGroup(tx, id);
    if (name === null) throw new MaestroError("notFound", `there is no group with id ${id}`);
    await updateGroupChannel(tx, id, slackChannel);
    await recordChange(tx, actor, {
      action: "group.setChannel",
      subjectKind: "group",
      subjectId: id,
      detail: { name, slackChannel },
    });
  });
  deps.changes.publish({ noun: "group", id });
}
