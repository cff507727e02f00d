import { createSignal, Show } from "solid-js";
import type { UserView } from "../../../shared/user.ts";
import { ConfirmDialog } from "../../components/Dialog.tsx";
import { formatPlural } from "../../format.ts";
import { createAction } from "../../state/create-action.ts";
import { api } from "../../trpc.ts";

interface Props {
  user: UserView;
  onEditGroups: () => void;
  onChanged: () => void;
}

/** What an admin does with one user. */
export function UserActions(props: Props) {
  const [isDisabling, setDisabling] = createSignal(false);
  const id = () => props.user.id;
  const enable = createAction("Enable", async () => {
    await api.users.enable.mutate({ id: id() });
    props.onChanged();
  });
  const disable = createAction("Disable", async () => {
    await api.users.disable.mutate({ id: id() });
    props.onChanged();
  });
  const setAdmin = createAction("Change the admin", async () => {
    await api.users.setAdmin.mutate({ id: id(), isAdmin: !props.user.isAdmin });
    props.onChanged();
  });
  return (
    <div class="row">
      <Show when={props.user.state !== "enabled"}>
        <button
          type="button"
          class="button small primary"
          disabled={enable.isRunning()}
          onClick={() => void enable.run()}
        >
          Enable
        </button>
      </Show>
      <button type="button" class="button small" onClick={() => props.onEditGroups()}>
        Groups
      </button>
      <button
        type="button"
        class="button small"
        disabled={setAdmin.isRunning()}
        onClick={() => void setAdmin.run()}
      >
        {props.user.isAdmin ? "No admin any more" : "Make admin"}
      </button>
      <Show when={props.user.state !== "disabled"}>
        <button
          type="button"
          class="button small quiet danger"
          disabled={disable.isRunning()}
          onClick={() => setDisabling(true)}
        >
          Disable
        </button>
      </Show>
      <ConfirmDialog
        title={`Disable ${props.user.email}?`}
        text={disablingText(props.user)}
        action="Disable"
        open={isDisabling()}
        onClose={() => setDisabling(false)}
        onConfirm={() => void disable.run()}
      />
    </div>
  );
}

function disablingText({ tokenCount }: UserView): string {
  const tokens =
    tokenCount === 0
      ? ""
      : ` ${formatPlural(tokenCount, "API token")} of theirs ${tokenCount === 1 ? "is" : "are"} revoked for good: programs that use ${tokenCount === 1 ? "it" : "them"} are refused.`;
  return `They are signed out at once, everywhere.${tokens} Their tables and groups stay, and you can enable them again.`;
}
