import { Match, Switch } from "solid-js";

/** One value of a row: NULL is told from the empty string, nested values open on click. */
export function CellValue(props: { value: unknown }) {
  const isNested = () => typeof props.value === "object" && props.value !== null;
  return (
    <Switch fallback={<div class="truncate">{String(props.value)}</div>}>
      <Match when={props.value === null || props.value === undefined}>
        <span class="null">NULL</span>
      </Match>
      <Match when={props.value === ""}>
        <span class="null">empty</span>
      </Match>
      <Match when={isNested()}>
        <details class="nested">
          <summary>{JSON.stringify(props.value)}</summary>
          <pre>{JSON.stringify(props.value, null, 2)}</pre>
        </details>
      </Match>
      <Match when={typeof props.value === "string" && props.value.length > 40}>
        <div class="truncate" title={String(props.value)}>
          {String(props.value)}
        </div>
      </Match>
    </Switch>
  );
}
