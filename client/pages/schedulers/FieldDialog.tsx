import { createSignal, Show } from "solid-js";
import { Dialog } from "../../components/Dialog.tsx";
import { DialogForm } from "../../components/DialogForm.tsx";
import { ErrorNotice } from "../../components/Feedback.tsx";
import { TextField } from "../../components/Field.tsx";
import { createAction } from "../../state/create-action.ts";

interface Props {
  title: string;
  label: string;
  value: string;
  type: "text" | "number";
  /** What the value will do; `fault` where it cannot be sent. */
  tell: (value: string) => { effect: string } | { fault: string };
  action: string;
  save: (value: string) => Promise<unknown>;
  onClose: () => void;
}

/** One value of a scheduler, with what changing it will do. */
export function FieldDialog(props: Props) {
  const [value, setValue] = createSignal(props.value);
  const told = () => props.tell(value().trim());
  const fault = () => {
    const said = told();
    return "fault" in said ? said.fault : null;
  };
  const effect = () => {
    const said = told();
    return "effect" in said ? said.effect : "";
  };
  const save = createAction(
    props.action,
    async () => {
      await props.save(value().trim());
      props.onClose();
    },
    { quiet: true },
  );
  return (
    <Dialog title={props.title} open onClose={props.onClose}>
      <DialogForm
        action={props.action}
        isBlocked={save.isRunning() || fault() !== null}
        onSubmit={() => void save.run()}
        onClose={props.onClose}
      >
        <TextField
          label={props.label}
          type={props.type}
          value={value()}
          hint={effect()}
          error={fault()}
          onInput={(text) => {
            save.clearError();
            setValue(text);
          }}
        />
        <Show when={save.error()}>{(error) => <ErrorNotice error={error()} />}</Show>
      </DialogForm>
    </Dialog>
  );
}
