import { createSignal, For, Show } from "solid-js";
import type { GroupView, UserView } from "../../../shared/user.ts";
import { ConfirmDialog } from "../../components/Dialog.tsx";
import { Empty } from "../../components/Feedback.tsx";
import { Icon } from "../../components/Icon.tsx";
import { QueryView } from "../../components/QueryView.tsx";
import { formatPlural } from "../../format.ts";
import { createAction } from "../../state/create-action.ts";
import type { ApiQuery } from "../../state/create-api-query.ts";
import { api } from "../../trpc.ts";
import { GroupDialog } from "./GroupDialog.tsx";
import { MembershipDialog } from "./MembershipDialog.tsx";

interface Props {
  groups: ApiQuery<GroupView[]>;
  users: UserView[];
  onChanged: () => void;
}

/** The teams that own tables. */
export function GroupsTab(props: Props) {
  const [edited, setEdited] = createSignal<GroupView | "new" | null>(null);
  const [filledId, setFilledId] = createSignal<number | null>(null);
  const filled = () => props.groups.data()?.find(({ id }) => id === filledId());
  return (
    <>
      <div class="row">
        <button type="button" class="button primary" onClick={() => setEdited("new")}>
          <Icon name="plus" />
          New group
        </button>
      </div>
      <QueryView query={props.groups} what="the groups">
        {(groups) => (
          <Show
            when={groups().length > 0}
            fallback={
              <Empty title="No groups yet">
                <p>A group owns tables: its members may change them, and it is told their costs.</p>
              </Empty>
            }
          >
            <ul class="card list wrapping">
              <For each={groups()}>
                {(group) => (
                  <Row
                    group={group}
                    members={membersOf(group, props.users)}
                    onEdit={() => setEdited(group)}
                    onFill={() => setFilledId(group.id)}
                    onChanged={props.onChanged}
                  />
                )}
              </For>
            </ul>
          </Show>
        )}
      </QueryView>
      <Show when={edited()} keyed>
        {(one) => (
          <GroupDialog
            group={one === "new" ? null : one}
            onClose={() => setEdited(null)}
            onSaved={() => {
              setEdited(null);
              props.onChanged();
            }}
          />
        )}
      </Show>
      <Show when={filled()}>
        {(group) => (
          <MembershipDialog
            title={`Members of ${group().name}`}
            none="There are no users yet."
            choices={props.users.map((user) => ({
              groupId: group().id,
              userId: user.id,
              label: user.state === "enabled" ? user.email : `${user.email} (${user.state})`,
              isMember: user.groups.some(({ id }) => id === group().id),
            }))}
            onChanged={props.onChanged}
            onClose={() => setFilledId(null)}
          />
        )}
      </Show>
    </>
  );
}

function membersOf(group: GroupView, users: UserView[]): string[] {
  return users
    .filter((user) => user.groups.some(({ id }) => id === group.id))
    .map(({ email }) => email);
}

/** The first of them by name: a company's group has hundreds. */
function membersText(members: string[]): string {
  if (members.length === 0) return "no members";
  const more = members.length > 4 ? ` and ${members.length - 4} more` : "";
  return `${members.slice(0, 4).join(", ")}${more}`;
}

function Row(props: {
  group: GroupView;
  members: string[];
  onEdit: () => void;
  onFill: () => void;
  onChanged: () => void;
}) {
  const [isRemoving, setRemoving] = createSignal(false);
  const remove = createAction("Delete the group", async () => {
    await api.groups.remove.mutate({ id: props.group.id });
    props.onChanged();
  });
  return (
    <li>
      <Icon name="people" size={18} />
      <div class="grow">
        <strong>{props.group.name}</strong>
        <div class="small muted">
          {formatPlural(props.group.tableCount, "table")}, {membersText(props.members)}
          <Show when={props.group.slackChannel}>{(channel) => <>, told in #{channel()}</>}</Show>
        </div>
      </div>
      <div class="row">
        <button type="button" class="button small" onClick={() => props.onFill()}>
          Members
        </button>
        <button type="button" class="button small" onClick={() => props.onEdit()}>
          Edit
        </button>
        <button type="button" class="button small quiet danger" onClick={() => setRemoving(true)}>
          Delete
        </button>
      </div>
      <ConfirmDialog
        title={`Delete ${props.group.name}?`}
        text="It is refused while the group owns tables. Its members stay, without it."
        action="Delete"
        open={isRemoving()}
        onClose={() => setRemoving(false)}
        onConfirm={() => void remove.run()}
      />
    </li>
  );
}
