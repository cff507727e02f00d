import { For, Show } from "solid-js";
import { Dialog } from "../../components/Dialog.tsx";
import { CheckField } from "../../components/Field.tsx";
import { createAction } from "../../state/create-action.ts";
import { api } from "../../trpc.ts";

interface Choice {
  groupId: number;
  userId: number;
  label: string;
  isMember: boolean;
}

interface Props {
  title: string;
  /** Said where there is nothing to choose from. */
  none: string;
  choices: Choice[];
  onChanged: () => void;
  onClose: () => void;
}

/** Who is in which group, of one user or of one group. Each tick takes effect at once. */
export function MembershipDialog(props: Props) {
  return (
    <Dialog title={props.title} open onClose={props.onClose}>
      <Show when={props.choices.length > 0} fallback={<p class="muted">{props.none}</p>}>
        <div class="stack">
          <For each={props.choices}>
            {(choice) => <ChoiceField choice={choice} onChanged={props.onChanged} />}
          </For>
        </div>
      </Show>
      <div class="dialog-actions">
        <button type="button" class="button primary" onClick={() => props.onClose()}>
          Done
        </button>
      </div>
    </Dialog>
  );
}

function ChoiceField(props: { choice: Choice; onChanged: () => void }) {
  const change = createAction("Change the members", async (isMember: boolean) => {
    const { groupId: id, userId } = props.choice;
    const input = { id, userId };
    await (isMember ? api.groups.addMember.mutate(input) : api.groups.removeMember.mutate(input));
    props.onChanged();
  });
  return (
    <CheckField
      label={props.choice.label}
      checked={props.choice.isMember}
      onChange={(isMember) => void change.run(isMember)}
    />
  );
}
