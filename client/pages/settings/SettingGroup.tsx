import { createSignal, For, type JSX, Show } from "solid-js";
import { type SettingKey, type SettingView, settings } from "../../../shared/settings.ts";
import { ConfirmDialog } from "../../components/Dialog.tsx";
import { ErrorNotice } from "../../components/Feedback.tsx";
import { TextField } from "../../components/Field.tsx";
import { RelativeTime } from "../../components/Time.tsx";
import { createAction } from "../../state/create-action.ts";
import { showToast } from "../../state/create-toasts.ts";
import { api } from "../../trpc.ts";

/** What was typed over the values, by key; an emptied field forgets its setting. */
type Draft = Partial<Record<SettingKey, string>>;

/** Named again in the save of another: a key is for the project that the form shows above it. */
const saidBeside: Partial<Record<SettingKey, SettingKey>> = {
  "bigquery.credentials": "bigquery.project",
};

/** Settings that belong together: they are saved together, all or none. */
export function SettingGroup(props: {
  title: string;
  views: SettingView[];
  onSaved: () => void;
  /** What else there is to do with them, below. */
  children?: JSX.Element;
}) {
  const [draft, setDraft] = createSignal<Draft>({});
  const save = createAction(
    "Save the settings",
    async (changes: Partial<Record<SettingKey, string | null>>) => {
      await api.settings.change.mutate({ changes });
      setDraft({});
      showToast("Saved");
      props.onSaved();
    },
    { quiet: true },
  );
  const changes = () => {
    const beside = props.views.filter(
      ({ key, source }) =>
        source === "stored" &&
        Object.keys(draft()).some((edited) => saidBeside[edited as SettingKey] === key),
    );
    const texts = [
      ...beside.map(({ key, value }) => [key, value ?? ""]),
      ...Object.entries(draft()),
    ];
    return Object.fromEntries(texts.map(([key, text]) => [key, text?.trim() === "" ? null : text]));
  };
  const isChanged = () => Object.keys(draft()).length > 0;
  const edit = (view: SettingView, text: string) => {
    const { [view.key]: _, ...others } = draft();
    setDraft(text === (view.value ?? "") ? others : { ...others, [view.key]: text });
  };
  const placed = () => props.views.some(({ key }) => key === save.error()?.field);
  return (
    <form
      class="card pad stack"
      aria-label={props.title}
      onSubmit={(event) => {
        event.preventDefault();
        void save.run(changes());
      }}
    >
      <h2>{props.title}</h2>
      <div class="fields">
        <For each={props.views}>
          {(view) => (
            <SettingField
              view={view}
              text={draft()[view.key] ?? view.value ?? ""}
              error={save.error()?.field === view.key ? (save.error()?.message ?? null) : null}
              onInput={(text) => edit(view, text)}
              onForget={() => void save.run({ [view.key]: null })}
            />
          )}
        </For>
      </div>
      <Show when={placed() ? null : save.error()}>
        {(error) => <ErrorNotice error={error()} />}
      </Show>
      <div class="row">
        <button type="submit" class="button primary" disabled={!isChanged() || save.isRunning()}>
          Save
        </button>
        <Show when={isChanged()}>
          <button
            type="button"
            class="button"
            onClick={() => {
              setDraft({});
              save.clearError();
            }}
          >
            Undo
          </button>
        </Show>
      </div>
      {props.children}
    </form>
  );
}

function SettingField(props: {
  view: SettingView;
  text: string;
  error: string | null;
  onInput: (text: string) => void;
  onForget: () => void;
}) {
  const setting = () => settings[props.view.key];
  const isSecret = () => "secret" in setting();
  const isKept = () => isSecret() && props.view.source === "stored";
  const isGiven = () => props.view.source === "given";
  const [isForgetting, setForgetting] = createSignal(false);
  const hint = () =>
    isGiven()
      ? `given to the server by MAESTRO_${setting().variable}, which outweighs what is stored`
      : setting().help;
  return (
    <div>
      <TextField
        label={setting().label}
        type={isSecret() ? "password" : "text"}
        value={props.text}
        placeholder={isKept() ? "stored; type to replace it" : ""}
        disabled={isGiven()}
        hint={hint()}
        error={props.error}
        onInput={props.onInput}
      />
      <Show when={props.view.updatedAt}>
        <div class="muted small">
          changed <RelativeTime at={props.view.updatedAt} /> by {props.view.updatedBy}{" "}
          <Show when={isKept()}>
            <button
              type="button"
              class="button small quiet danger"
              onClick={() => setForgetting(true)}
            >
              Forget
            </button>
            <ConfirmDialog
              title={`Forget the ${setting().label}?`}
              text="What needs it stops working at once, on every server. Nobody can read it back: to undo this it has to be entered again."
              action="Forget it"
              open={isForgetting()}
              onConfirm={() => props.onForget()}
              onClose={() => setForgetting(false)}
            />
          </Show>
        </div>
      </Show>
    </div>
  );
}
