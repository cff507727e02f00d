import { createSignal, Show } from "solid-js";
import type { GroupView } from "../../../shared/user.ts";
import { Dialog } from "../../components/Dialog.tsx";
import { ErrorNotice } from "../../components/Feedback.tsx";
import { TextField } from "../../components/Field.tsx";
import { createAction } from "../../state/create-action.ts";
import { api } from "../../trpc.ts";

/** A new group, or a new name for one. */
export function GroupDialog(props: {
  group: GroupView | null;
  onClose: () => void;
  onSaved: () => void;
}) {
  const [name, setName] = createSignal(props.group?.name ?? "");
  const save = createAction(
    "Save",
    async () => {
      const input = { name: name() };
      if (props.group === null) await api.groups.create.mutate(input);
      else await api.groups.rename.mutate({ id: props.group.id, ...input });
      props.onSaved();
    },
    { quiet: true },
  );
  const isAtName = () => save.error()?.field === "name";
  return (
    <Dialog
      title={props.group === null ? "New group" : `Rename ${props.group.name}`}
      open
      onClose={props.onClose}
    >
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void save.run();
        }}
      >
        <TextField
          label="Name"
          value={name()}
          hint="A team's, as it is to be told of in costs."
          onInput={setName}
          error={isAtName() ? save.error()?.message : undefined}
        />
        <Show when={!isAtName() && save.error()}>{(error) => <ErrorNotice error={error()} />}</Show>
        <div class="dialog-actions">
          <button type="button" class="button" onClick={() => props.onClose()}>
            Cancel
          </button>
          <button type="submit" class="button primary" disabled={save.isRunning()}>
            Save
          </button>
        </div>
      </form>
    </Dialog>
  );
}
