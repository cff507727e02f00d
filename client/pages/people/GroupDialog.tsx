import { createSignal, Show } from "solid-js";
import type { GroupView } from "../../../shared/user.ts";
import { Dialog } from "../../components/Dialog.tsx";
import { DialogForm } from "../../components/DialogForm.tsx";
import { ErrorNotice } from "../../components/Feedback.tsx";
import { TextField } from "../../components/Field.tsx";
import { createAction } from "../../state/create-action.ts";
import { api } from "../../trpc.ts";

/** A new group, or another name and channel for one. */
export function GroupDialog(props: {
  group: GroupView | null;
  onClose: () => void;
  onSaved: () => void;
}) {
  const [name, setName] = createSignal(props.group?.name ?? "");
  const channelBefore = props.group?.slackChannel ?? "";
  const [channel, setChannel] = createSignal(channelBefore);
  /** Made by a save whose channel was refused. */
  const [made, setMade] = createSignal<number | null>(null);
  const save = createAction(
    "Save",
    async () => {
      const input = { name: name() };
      const known = props.group?.id ?? made();
      const { id } =
        known === null
          ? await api.groups.create.mutate(input)
          : await api.groups.rename.mutate({ id: known, ...input });
      setMade(id);
      if (channel().trim() !== channelBefore) {
        const slackChannel = channel().trim() === "" ? null : channel();
        await api.groups.setChannel.mutate({ id, slackChannel });
      }
      props.onSaved();
    },
    { quiet: true },
  );
  const isAt = (field: string) => save.error()?.field === field;
  const errorAt = (field: string) => (isAt(field) ? save.error()?.message : undefined);
  return (
    <Dialog
      title={props.group === null ? "New group" : `Edit ${props.group.name}`}
      open
      onClose={props.onClose}
    >
      <DialogForm
        action="Save"
        isBlocked={save.isRunning()}
        onSubmit={() => void save.run()}
        onClose={props.onClose}
      >
        <TextField
          label="Name"
          value={name()}
          hint="A team's, as it is to be told of in costs."
          onInput={setName}
          error={errorAt("name")}
        />
        <TextField
          label="Slack channel"
          value={channel()}
          placeholder="#data"
          hint="Where Slack is told of its tables, unless their frequency has a channel. Empty: the channel of the settings."
          onInput={setChannel}
          error={errorAt("slackChannel")}
        />
        <Show when={!isAt("name") && !isAt("slackChannel") && save.error()}>
          {(error) => <ErrorNotice error={error()} />}
        </Show>
      </DialogForm>
    </Dialog>
  );
}
