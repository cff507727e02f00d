import { createSignal, For, Show, untrack } from "solid-js";
import { createStore, unwrap } from "solid-js/store";
import {
  type FrequencyInput,
  type FrequencyView,
  frequencyInputSchema,
} from "../../../shared/frequency.ts";
import { Dialog } from "../../components/Dialog.tsx";
import { ErrorNotice } from "../../components/Feedback.tsx";
import { CheckField, Field, TextField } from "../../components/Field.tsx";
import { formatInstant } from "../../format.ts";
import { createAction } from "../../state/create-action.ts";
import { createApiQuery } from "../../state/create-api-query.ts";
import { api } from "../../trpc.ts";

const units = [
  { seconds: 1, label: "seconds" },
  { seconds: 60, label: "minutes" },
  { seconds: 3600, label: "hours" },
  { seconds: 86_400, label: "days" },
  { seconds: 604_800, label: "weeks" },
];

interface Props {
  frequency: FrequencyView | null;
  onClose: () => void;
  onSaved: () => void;
}

export function FrequencyDialog(props: Props) {
  const [input, setInput] = createStore<FrequencyInput>(startFrom(props.frequency));
  const isValid = () => frequencyInputSchema.safeParse({ ...input, name: "-" }).success;
  const preview = createApiQuery(
    () => ["frequencies", "preview", input.periodSeconds, input.offsetSeconds, input.timeZone],
    (signal) =>
      api.frequencies.preview.query(
        {
          periodSeconds: input.periodSeconds,
          offsetSeconds: input.offsetSeconds,
          timeZone: input.timeZone,
        },
        { signal },
      ),
    { enabled: isValid, keepPrevious: true },
  );
  const save = createAction(
    "Save",
    async () => {
      const { frequency } = props;
      const values = { ...unwrap(input) };
      if (frequency === null) await api.frequencies.create.mutate(values);
      else await api.frequencies.update.mutate({ id: frequency.id, ...values });
      props.onSaved();
    },
    { quiet: true },
  );
  const fieldError = (field: string) =>
    save.error()?.field === field ? save.error()?.message : undefined;
  return (
    <Dialog
      title={props.frequency === null ? "New frequency" : `Edit ${props.frequency.name}`}
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
          value={input.name}
          placeholder="daily, hourly, Monday report"
          onInput={(name) => setInput({ name })}
          error={fieldError("name")}
        />
        <DurationField
          label="Every"
          seconds={input.periodSeconds}
          onChange={(periodSeconds) => setInput({ periodSeconds })}
          error={fieldError("periodSeconds")}
        />
        <DurationField
          label="Offset"
          hint="After the period's start: a day with an offset of 6 hours ticks at 06:00."
          seconds={input.offsetSeconds}
          onChange={(offsetSeconds) => setInput({ offsetSeconds })}
          error={fieldError("offsetSeconds")}
        />
        <TextField
          label="Time zone"
          value={input.timeZone ?? ""}
          placeholder="UTC"
          hint="Such as Europe/Berlin: whole days then follow its wall clock."
          onInput={(zone) => setInput({ timeZone: zone === "" ? null : zone })}
          error={fieldError("timeZone")}
        />
        <CheckField
          label="Active"
          checked={input.active}
          onChange={(active) => setInput({ active })}
        />
        <section class="notice" aria-label="Next ticks" aria-live="polite">
          <Show
            when={isValid() ? preview.data() : undefined}
            fallback={<div>{isValid() ? "…" : "Not valid yet"}</div>}
          >
            {(data) => (
              <div>
                <strong>Next ticks</strong>
                <ul class="num">
                  <For each={data().nextTicks}>
                    {(tick) => <li>{formatInstant(tick, input.timeZone ?? "UTC")}</li>}
                  </For>
                </ul>
              </div>
            )}
          </Show>
        </section>
        <Show when={save.error()}>{(error) => <ErrorNotice error={error()} />}</Show>
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

function DurationField(props: {
  label: string;
  hint?: string;
  seconds: number;
  onChange: (seconds: number) => void;
  error: string | undefined;
}) {
  // The unit is the person's choice, kept beside the seconds: zero alone would not tell it.
  const [unit, setUnit] = createSignal(unitOf(untrack(() => props.seconds)));
  const count = () => props.seconds / unit();
  return (
    <Field label={props.label} hint={props.hint} error={props.error}>
      {(ids) => (
        <div class="row" style={{ "flex-wrap": "nowrap" }}>
          <input
            {...ids}
            class="input"
            type="number"
            value={count()}
            onInput={(event) =>
              props.onChange(Math.round(Number(event.currentTarget.value) * unit()))
            }
          />
          <select
            class="select"
            aria-label={`${props.label}: unit`}
            onChange={(event) => {
              const next = Number(event.currentTarget.value);
              const seconds = Math.round(count() * next);
              setUnit(next);
              props.onChange(seconds);
            }}
          >
            <For each={units}>
              {(one) => (
                <option value={one.seconds} selected={one.seconds === unit()}>
                  {one.label}
                </option>
              )}
            </For>
          </select>
        </div>
      )}
    </Field>
  );
}

/** The largest unit that divides it; hours for nothing. */
function unitOf(seconds: number): number {
  if (seconds === 0) return 3600;
  return units.findLast((one) => seconds % one.seconds === 0)?.seconds ?? 1;
}

function startFrom(frequency: FrequencyView | null): FrequencyInput {
  if (frequency === null) {
    return { name: "", periodSeconds: 86_400, offsetSeconds: 0, timeZone: null, active: true };
  }
  const { name, periodSeconds, offsetSeconds, timeZone, active } = frequency;
  return { name, periodSeconds, offsetSeconds, timeZone, active };
}
