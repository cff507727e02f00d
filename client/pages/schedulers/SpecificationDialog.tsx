import { createMemo, createSignal, For, Show } from "solid-js";
import {
  checkSpecification,
  type SpecificationFault,
  writeSpecification,
} from "../../../shared/scheduler-text.ts";
import type { SchedulerView } from "../../../shared/scheduler-view.ts";
import { Dialog } from "../../components/Dialog.tsx";
import { DialogForm } from "../../components/DialogForm.tsx";
import { ErrorNotice } from "../../components/Feedback.tsx";
import { createAction } from "../../state/create-action.ts";
import { showToast } from "../../state/create-toasts.ts";
import { api } from "../../trpc.ts";
import { tellNew, tellUpdate } from "./change-text.ts";
import { SpecificationEditor } from "./SpecificationEditor.tsx";
import { example, firstText } from "./specification-example.ts";

interface Props {
  /** Null: a new one. */
  scheduler: SchedulerView | null;
  onClose: () => void;
  onSaved: (name: string) => void;
}

/** Makes a scheduler, or gives one another specification; says while one writes what is wrong, and what it will do. */
export function SpecificationDialog(props: Props) {
  const [text, setText] = createSignal(
    props.scheduler === null ? firstText : writeSpecification(props.scheduler.specification),
  );
  /** What the text was made from, whatever it is by now. */
  const from = props.scheduler?.version;
  const reading = createMemo(() => checkSpecification(text()));
  const faults = () => reading().faults ?? renaming(props.scheduler, reading().specification?.name);
  const effect = () => {
    const { specification } = reading();
    if (specification === null || faults().length > 0) return null;
    return props.scheduler === null
      ? tellNew(specification)
      : tellUpdate(props.scheduler, specification);
  };
  const save = createAction(
    "Save",
    async () => {
      const specification = text();
      const changed =
        props.scheduler === null
          ? await api.schedulers.create.mutate({ specification })
          : await api.schedulers.update.mutate({
              name: props.scheduler.name,
              specification,
              ...(from === undefined ? {} : { from }),
            });
      showToast(`${changed.name} is version ${changed.version}`);
      props.onSaved(changed.name);
    },
    { quiet: true },
  );
  return (
    <Dialog
      title={props.scheduler === null ? "New scheduler" : `Change ${props.scheduler.name}`}
      wide
      open
      onClose={props.onClose}
    >
      <DialogForm
        action={props.scheduler === null ? "Create" : "Save"}
        isBlocked={save.isRunning() || faults().length > 0}
        onSubmit={() => void save.run()}
        onClose={props.onClose}
      >
        <SpecificationEditor
          label="Specification, YAML or JSON"
          value={text()}
          onInput={(value) => {
            save.clearError();
            setText(value);
          }}
          faults={faults()}
        />
        <div aria-live="polite">
          <Show when={effect()} fallback={<Faults faults={faults()} />}>
            {(told) => <p class="effect">{told()}</p>}
          </Show>
        </div>
        <Example onUse={() => setText(example)} isNew={props.scheduler === null} />
        <Show when={save.error()}>{(error) => <ErrorNotice error={error()} />}</Show>
      </DialogForm>
    </Dialog>
  );
}

function Faults(props: { faults: SpecificationFault[] }) {
  return (
    <ul class="faults" aria-label="What is wrong">
      <For each={props.faults}>
        {({ field, text, position }) => (
          <li>
            <Show when={position}>{(at) => <span class="muted num">Line {at().line} </span>}</Show>
            <Show when={field !== ""}>
              <code>{field}</code>{" "}
            </Show>
            {text}
          </li>
        )}
      </For>
    </ul>
  );
}

function Example(props: { isNew: boolean; onUse: () => void }) {
  return (
    <details>
      <summary>All fields, by an example</summary>
      <pre class="statement example">{example}</pre>
      <Show when={props.isNew}>
        <button type="button" class="button small" onClick={() => props.onUse()}>
          Begin with it
        </button>
      </Show>
    </details>
  );
}

/** The server refuses another name too. */
function renaming(scheduler: SchedulerView | null, name: string | undefined): SpecificationFault[] {
  if (scheduler === null || name === undefined || name === scheduler.name) return [];
  const text = `a scheduler keeps its name, which is ${scheduler.name}`;
  return [{ field: "name", text, position: null }];
}
