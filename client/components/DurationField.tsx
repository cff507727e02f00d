import { createSignal, For, untrack } from "solid-js";
import { Field } from "./Field.tsx";

const units = [
  { seconds: 1, label: "seconds" },
  { seconds: 60, label: "minutes" },
  { seconds: 3600, label: "hours" },
  { seconds: 86_400, label: "days" },
  { seconds: 604_800, label: "weeks" },
];

interface Props {
  label: string;
  hint?: string;
  /** Null is empty. */
  seconds: number | null;
  /** What an empty one stands for; without it, empty counts as 0. */
  placeholder?: string;
  onChange: (seconds: number | null) => void;
  error: string | undefined;
}

/** A number of seconds, written in the unit of the person's choice. */
export function DurationField(props: Props) {
  // Kept beside the seconds: zero alone would not tell it.
  const [unit, setUnit] = createSignal(unitOf(untrack(() => props.seconds ?? 0)));
  const secondsOf = (text: string, size: number) =>
    text === "" && props.placeholder !== undefined ? null : Math.round(Number(text) * size);
  let input: HTMLInputElement | undefined;
  return (
    <Field label={props.label} hint={props.hint} error={props.error}>
      {(ids) => (
        <div class="row" style={{ "flex-wrap": "nowrap" }}>
          <input
            {...ids}
            ref={input}
            class="input"
            type="number"
            step="any"
            placeholder={props.placeholder}
            value={props.seconds === null ? "" : props.seconds / unit()}
            onInput={(event) => props.onChange(secondsOf(event.currentTarget.value, unit()))}
          />
          <select
            class="select"
            aria-label={`${props.label}: unit`}
            onChange={(event) => {
              const next = Number(event.currentTarget.value);
              const seconds = secondsOf(input?.value ?? "", next);
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
