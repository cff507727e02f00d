import { createSignal, For, Show } from "solid-js";
import type { GroupView, UserView } from "../../../shared/user.ts";
import { Empty } from "../../components/Feedback.tsx";
import { Icon } from "../../components/Icon.tsx";
import { QueryView } from "../../components/QueryView.tsx";
import { StatusPill } from "../../components/Status.tsx";
import { RelativeTime } from "../../components/Time.tsx";
import { formatPlural } from "../../format.ts";
import type { ApiQuery } from "../../state/create-api-query.ts";
import { MembershipDialog } from "./MembershipDialog.tsx";
import { UserActions } from "./UserActions.tsx";

interface Props {
  users: ApiQuery<UserView[]>;
  groups: GroupView[];
  onChanged: () => void;
}

/** Everybody who ever signed in, those who wait for an admin first. */
export function UsersTab(props: Props) {
  const [search, setSearch] = createSignal("");
  const [editedId, setEditedId] = createSignal<number | null>(null);
  const edited = () => props.users.data()?.find(({ id }) => id === editedId());
  const found = (users: UserView[]) => {
    const text = search().trim().toLowerCase();
    return users.filter(({ name, email, groups }) =>
      [name, email, ...groups.map((group) => group.name)].some((one) =>
        one.toLowerCase().includes(text),
      ),
    );
  };
  return (
    <QueryView query={props.users} what="the users" lines={6}>
      {(users) => (
        <>
          <WaitingNotice count={users().filter(({ state }) => state === "waiting").length} />
          <div class="row">
            <div class="search">
              <Icon name="search" />
              <input
                class="input"
                type="search"
                aria-label="Search users"
                placeholder="Name, address or group"
                value={search()}
                onInput={(event) => setSearch(event.currentTarget.value)}
              />
            </div>
          </div>
          <Show
            when={found(users()).length > 0}
            fallback={<Empty title={`Nobody is found for “${search().trim()}”`} />}
          >
            <UserList
              users={found(users())}
              onEditGroups={(user) => setEditedId(user.id)}
              onChanged={props.onChanged}
            />
          </Show>
          <Show when={edited()}>
            {(user) => (
              <MembershipDialog
                title={`Groups of ${user().email}`}
                none="There are no groups yet: make one under Groups."
                choices={props.groups.map((group) => ({
                  groupId: group.id,
                  userId: user().id,
                  label: group.name,
                  isMember: user().groups.some(({ id }) => id === group.id),
                }))}
                onChanged={props.onChanged}
                onClose={() => setEditedId(null)}
              />
            )}
          </Show>
        </>
      )}
    </QueryView>
  );
}

function WaitingNotice(props: { count: number }) {
  return (
    <Show when={props.count > 0}>
      <div class="notice warn" role="status">
        <div>
          <strong>
            {props.count === 1 ? "1 user waits" : `${props.count} users wait`} to be let in.
          </strong>
          <p>Until you enable them they can sign in, and see nothing.</p>
        </div>
      </div>
    </Show>
  );
}

function UserList(props: {
  users: UserView[];
  onEditGroups: (user: UserView) => void;
  onChanged: () => void;
}) {
  return (
    <ul class="card list wrapping">
      <For each={props.users}>
        {(user) => (
          <li>
            <div class="grow">
              <Who user={user} />
              <Facts user={user} />
            </div>
            <UserActions
              user={user}
              onEditGroups={() => props.onEditGroups(user)}
              onChanged={props.onChanged}
            />
          </li>
        )}
      </For>
    </ul>
  );
}

function Who(props: { user: UserView }) {
  return (
    <div class="row">
      <strong class="truncate">{props.user.name || props.user.email}</strong>
      <StatusPill state={props.user.state} />
      <Show when={props.user.isAdmin}>
        <span class="pill plain">admin</span>
      </Show>
    </div>
  );
}

function Facts(props: { user: UserView }) {
  const groups = () => props.user.groups.map(({ name }) => name).join(", ");
  return (
    <div class="small facts">
      <Show when={props.user.name}>
        <span class="truncate">{props.user.email}</span>
      </Show>
      <span>{groups() || "in no group"}</span>
      <Show when={props.user.lastSeenAt} fallback={<span>never seen</span>}>
        {(at) => (
          <span>
            seen <RelativeTime at={at()} />
          </span>
        )}
      </Show>
      <Show when={props.user.tokenCount > 0}>
        <span>{formatPlural(props.user.tokenCount, "token")}</span>
      </Show>
    </div>
  );
}
