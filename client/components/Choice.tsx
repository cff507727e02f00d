import { For } from "solid-js";

/** One filter of a list, in a row of them: its first choice takes the filter away. */
export function Choice(props: {
  label: string;
  any: string;
  value: string | undefined;
  options: [value: string, label: string][];
  onChange: (value: string) => void;
}) {
  return (
    <div class="choice">
      <select
        class="select"
        aria-label={props.label}
        onChange={(event) => props.onChange(event.currentTarget.value)}
      >
        <option value="" selected={!props.value}>
          {props.any}
        </option>
        <For each={props.options}>
          {([value, label]) => (
            <option value={value} selected={value === props.value}>
              {label}
            </option>
          )}
        </For>
      </select>
    </div>
  );
}
