import { For, Index, Show } from "solid-js";
import { type Condition, conditionSchema } from "../../../shared/condition.ts";
import { Icon } from "../../components/Icon.tsx";
import { NextTicks } from "../../components/NextTicks.tsx";
import { createApiQuery } from "../../state/create-api-query.ts";
import type { TableForm } from "../../state/create-table-form.ts";
import { createTickPreview } from "../../state/create-tick-preview.ts";
import { api } from "../../trpc.ts";

const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
/** Monday first; the values are those of `Condition`. */
const weekdays: [string, number][] = [
  ["Mon", 1],
  ["Tue", 2],
  ["Wed", 3],
  ["Thu", 4],
  ["Fri", 5],
  ["Sat", 6],
  ["Sun", 0],
];

const parts: { part: keyof Condition; label: string; options: [string, number][] }[] = [
  { part: "months", label: "Months", options: months.map((name, index) => [name, index + 1]) },
  { part: "weekdays", label: "Weekdays", options: weekdays },
  { part: "days", label: "Days", options: numbers(1, 31) },
  { part: "hours", label: "Hours", options: numbers(0, 23) },
];

/** When the table takes part in its frequency's runs, by clicking. */
export function ConditionFields(props: { form: TableForm }) {
  return (
    <div class="stack">
      <ConditionList
        name="Condition"
        conditions={props.form.draft.conditions}
        onChange={(conditions) => props.form.set({ conditions })}
        none="It takes part in every run of its frequency."
        some="It takes part in a run if any one of these holds. In a row with nothing chosen, all are allowed."
      />
      <TicksTakingPart form={props.form} />
    </div>
  );
}

/** In which runs an import takes all rows anew. */
export function ReimportConditionFields(props: { form: TableForm }) {
  return (
    <ConditionList
      name="Reimport condition"
      conditions={props.form.draft.reimportConditions}
      onChange={(reimportConditions) => props.form.set({ reimportConditions })}
      none={
        props.form.draft.idColumn === null
          ? "Every run imports all rows: it has no id column."
          : "Every run imports what is new. With a condition, the first run of a tick at which it holds imports all rows anew."
      }
      some="A run imports all rows anew if any one of these holds for its tick. In a row with nothing chosen, all are allowed."
    />
  );
}

function ConditionList(props: {
  /** What one of them is called. */
  name: string;
  conditions: Condition[];
  onChange: (conditions: Condition[]) => void;
  none: string;
  some: string;
}) {
  const replace = (at: number, next: Condition | null) =>
    props.onChange(
      props.conditions.flatMap((condition, index) =>
        index === at ? (next === null ? [] : [next]) : [condition],
      ),
    );
  return (
    <div class="stack">
      <p class="muted">{props.conditions.length === 0 ? props.none : props.some}</p>
      <Index each={props.conditions}>
        {(condition, index) => (
          <OneCondition
            label={`${props.name} ${index + 1}`}
            condition={condition()}
            onChange={(next) => replace(index, next)}
          />
        )}
      </Index>
      <div class="row">
        <button
          type="button"
          class="button small"
          onClick={() =>
            props.onChange([...props.conditions, { months: [], weekdays: [], days: [], hours: [] }])
          }
        >
          <Icon name="plus" size={14} />
          Add a {props.name.toLowerCase()}
        </button>
      </div>
    </div>
  );
}

function OneCondition(props: {
  label: string;
  condition: Condition;
  onChange: (next: Condition | null) => void;
}) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset here would inherit the form's look
    <div class="card pad stack tight" role="group" aria-label={props.label}>
      <For each={parts}>
        {(row) => (
          <div class="condition-row">
            <span class="field-label">{row.label}</span>
            <div class="chips">
              <For each={row.options}>
                {([label, value]) => (
                  <button
                    type="button"
                    class="chip num"
                    aria-pressed={props.condition[row.part].includes(value)}
                    onClick={() => props.onChange(toggle(props.condition, row.part, value))}
                  >
                    {label}
                  </button>
                )}
              </For>
            </div>
          </div>
        )}
      </For>
      <Show when={faultOf(props.condition)}>
        {(message) => <p class="field-error">{message()}</p>}
      </Show>
      <div class="row">
        <button
          type="button"
          class="button quiet small danger"
          onClick={() => props.onChange(null)}
        >
          Remove condition
        </button>
      </div>
    </div>
  );
}

/** The next ticks of the table's frequency in which it takes part, as the draft says. */
function TicksTakingPart(props: { form: TableForm }) {
  const frequencies = createApiQuery(
    () => ["frequencies"],
    (signal) => api.frequencies.list.query(undefined, { signal }),
  );
  const frequency = () =>
    frequencies.data()?.find((one) => one.id === props.form.draft.frequencyId) ?? null;
  const conditions = () => props.form.draft.conditions.map((condition) => ({ ...condition }));
  const hasFault = () => conditions().some((condition) => faultOf(condition) !== null);
  const preview = createTickPreview(() => (hasFault() ? null : frequency()), conditions);
  return (
    <Show when={frequency()}>
      {(one) => (
        <NextTicks
          title={`Takes part next in these ticks of ${one().name}`}
          preview={preview}
          timeZone={one().timeZone}
          instead={hasFault() ? "They show as soon as the conditions above can hold." : null}
          none="In none: its conditions hold at no tick"
        >
          <Show when={!one().active}>
            <p>{one().name} is switched off: none of them comes until it is switched on.</p>
          </Show>
        </NextTicks>
      )}
    </Show>
  );
}

function faultOf(condition: Condition): string | null {
  return conditionSchema.safeParse(condition).error?.issues[0]?.message ?? null;
}

function toggle(condition: Condition, part: keyof Condition, value: number): Condition {
  const chosen = condition[part];
  const next = chosen.includes(value)
    ? chosen.filter((one) => one !== value)
    : [...chosen, value].sort((a, b) => a - b);
  return { ...condition, [part]: next };
}

function numbers(from: number, to: number): [string, number][] {
  return Array.from({ length: to - from + 1 }, (_, index) => [String(from + index), from + index]);
}
