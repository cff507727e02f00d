import { Show } from "solid-js";
import { Choice } from "../../components/Choice.tsx";
import { TableChoice } from "../../components/TableChoice.tsx";
import { createApiQuery } from "../../state/create-api-query.ts";
import { api } from "../../trpc.ts";
import { noFilter, type RunParams } from "./run-params.ts";

/** By frequency, what or who started it, a table of it, and when. */
export function RunFilters(props: {
  params: Partial<RunParams>;
  onChange: (values: Partial<Record<keyof RunParams, string | null>>) => void;
}) {
  const frequencies = createApiQuery(
    () => ["frequencies"],
    (signal) => api.frequencies.list.query(undefined, { signal }),
  );
  const isFiltered = () =>
    Object.keys(noFilter).some((key) => key !== "state" && props.params[key as keyof RunParams]);
  return (
    <search class="row" aria-label="Filter the runs">
      <Choice
        label="Frequency"
        any="Any frequency"
        value={props.params.frequency}
        options={(frequencies.data() ?? []).map(({ id, name }) => [String(id), name])}
        onChange={(frequency) => props.onChange({ frequency: frequency || null })}
      />
      <Choice
        label="Started by"
        any="Started by anything"
        value={props.params.kind}
        options={[
          ["tick", "By a tick"],
          ["manual", "By hand"],
        ]}
        onChange={(kind) => props.onChange({ kind: kind || null })}
      />
      <input
        class="input choice"
        type="search"
        aria-label="Who started it"
        placeholder="Who: part of an address"
        value={props.params.by ?? ""}
        onInput={(event) => props.onChange({ by: event.currentTarget.value.trim() || null })}
      />
      <TableChoice value={props.params.table} onChange={(table) => props.onChange({ table })} />
      <TimeChoice
        label="From"
        value={props.params.from}
        onChange={(from) => props.onChange({ from })}
      />
      <TimeChoice label="Up to" value={props.params.to} onChange={(to) => props.onChange({ to })} />
      <Show when={isFiltered()}>
        <button
          type="button"
          class="button quiet"
          onClick={() => props.onChange({ ...noFilter, state: props.params.state ?? null })}
        >
          Show all
        </button>
      </Show>
    </search>
  );
}

function TimeChoice(props: {
  label: string;
  value: string | undefined;
  onChange: (value: string | null) => void;
}) {
  return (
    <label class="time-choice">
      <span>{props.label}</span>
      <input
        class="input"
        type="datetime-local"
        value={props.value ?? ""}
        onChange={(event) => props.onChange(event.currentTarget.value || null)}
      />
    </label>
  );
}
