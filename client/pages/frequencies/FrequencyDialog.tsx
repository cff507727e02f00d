import { createMemo, createUniqueId, For, Show } from "solid-js";
import { createStore, unwrap } from "solid-js/store";
import {
  type FrequencyInput,
  type FrequencyView,
  frequencyInputSchema,
} from "../../../shared/frequency.ts";
import { Dialog } from "../../components/Dialog.tsx";
import { DialogForm } from "../../components/DialogForm.tsx";
import { DurationField } from "../../components/DurationField.tsx";
import { ErrorNotice } from "../../components/Feedback.tsx";
import { CheckField, Field, TextField } from "../../components/Field.tsx";
import { NextTicks } from "../../components/NextTicks.tsx";
import { createAction } from "../../state/create-action.ts";
import { createTickPreview } from "../../state/create-tick-preview.ts";
import { api } from "../../trpc.ts";
import { draftOf } from "./frequency-draft.ts";

interface Props {
  frequency: FrequencyView | null;
  onClose: () => void;
  onSaved: () => void;
}

export function FrequencyDialog(props: Props) {
  const [draft, setDraft] = createStore<FrequencyInput>(draftOf(props.frequency));
  const save = createAction(
    "Save",
    async () => {
      const { frequency } = props;
      const values = { ...unwrap(draft) };
      if (frequency === null) await api.frequencies.create.mutate(values);
      else await api.frequencies.update.mutate({ id: frequency.id, ...values });
      props.onSaved();
    },
    { quiet: true },
  );
  const set = (patch: Partial<FrequencyInput>) => {
    save.clearError();
    setDraft(patch);
  };
  const faults = createMemo(() => faultsOf(draft));
  const isScheduled = () =>
    !["periodSeconds", "offsetSeconds", "timeZone"].some((f) => faults()[f]);
  const preview = createTickPreview(() => (isScheduled() ? { ...draft } : null));
  const fieldError = (field: keyof FrequencyInput) =>
    faults()[field] ??
    [save.error(), preview.error()].find((error) => error?.field === field)?.message;
  return (
    <Dialog
      title={props.frequency === null ? "New frequency" : `Edit ${props.frequency.name}`}
      open
      onClose={props.onClose}
    >
      <DialogForm
        action="Save"
        isBlocked={save.isRunning() || Object.keys(faults()).length > 0}
        onSubmit={() => void save.run()}
        onClose={props.onClose}
      >
        <TextField
          label="Name"
          value={draft.name}
          placeholder="daily, hourly, Monday report"
          onInput={(name) => set({ name })}
          error={fieldError("name")}
        />
        <DurationField
          label="Every"
          seconds={draft.periodSeconds}
          onChange={(seconds) => set({ periodSeconds: seconds ?? 0 })}
          error={fieldError("periodSeconds")}
        />
        <DurationField
          label="Offset"
          hint="After the period's start: a day with an offset of 6 hours ticks at 06:00."
          seconds={draft.offsetSeconds}
          onChange={(seconds) => set({ offsetSeconds: seconds ?? 0 })}
          error={fieldError("offsetSeconds")}
        />
        <ZoneField
          zone={draft.timeZone}
          isWholeDays={draft.periodSeconds % 86_400 === 0}
          onInput={(timeZone) => set({ timeZone })}
          error={fieldError("timeZone")}
        />
        <NextTicks
          title="Next ticks"
          preview={preview}
          timeZone={draft.timeZone}
          instead={isScheduled() ? null : "They show as soon as the fields above are right."}
        />
        <DurationField
          label="Wait for parents of other frequencies, at most"
          hint="Then a table fails, and says what it waited for. Empty: one period."
          seconds={draft.parentWaitSeconds ?? null}
          placeholder="one period"
          onChange={(parentWaitSeconds) => set({ parentWaitSeconds })}
          error={fieldError("parentWaitSeconds")}
        />
        <DurationField
          label="Late, if not ended after"
          hint="After its tick; Slack is told. Empty: twice as long as its runs take, and at the next tick at the latest."
          seconds={draft.lateAfterSeconds ?? null}
          placeholder="as usual"
          onChange={(lateAfterSeconds) => set({ lateAfterSeconds })}
          error={fieldError("lateAfterSeconds")}
        />
        <TextField
          label="Slack channel"
          hint="Where its failed and late runs and its skipped ticks are told. Empty: the channel of the tables' group, or of the settings."
          value={draft.slackChannel ?? ""}
          placeholder="#data"
          onInput={(text) => set({ slackChannel: text.trim() === "" ? null : text })}
          error={fieldError("slackChannel")}
        />
        <CheckField
          label="Active: it ticks. Switched off, its tables run by hand alone."
          checked={draft.active}
          onChange={(active) => set({ active })}
        />
        <Show when={save.error()?.field ? null : save.error()}>
          {(error) => <ErrorNotice error={error()} />}
        </Show>
      </DialogForm>
    </Dialog>
  );
}

const zones = Intl.supportedValuesOf("timeZone");

function ZoneField(props: {
  zone: string | null;
  isWholeDays: boolean;
  onInput: (zone: string | null) => void;
  error: string | undefined;
}) {
  const listId = createUniqueId();
  const hint = () =>
    props.isWholeDays
      ? "Such as Europe/Berlin: whole days then follow its wall clock."
      : "For conditions: ticks follow its wall clock only where they are whole days apart.";
  return (
    <Field label="Time zone" hint={hint()} error={props.error}>
      {(ids) => (
        <>
          <input
            {...ids}
            class="input"
            list={listId}
            value={props.zone ?? ""}
            placeholder="UTC"
            autocomplete="off"
            spellcheck={false}
            onInput={({ currentTarget: { value } }) => props.onInput(value === "" ? null : value)}
          />
          <datalist id={listId}>
            <For each={zones}>{(zone) => <option value={zone} />}</For>
          </datalist>
        </>
      )}
    </Field>
  );
}

/** What is wrong at each field. That a new one has no name yet is told when it is saved. */
function faultsOf(draft: FrequencyInput): Record<string, string> {
  const parsed = frequencyInputSchema.safeParse({ ...draft, name: draft.name || "-" });
  const issues = parsed.error?.issues ?? [];
  return Object.fromEntries(issues.map(({ path, message }) => [String(path[0]), message]));
}
