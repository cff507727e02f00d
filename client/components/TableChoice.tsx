import { createSignal, createUniqueId, For, untrack } from "solid-js";
import { createApiQuery } from "../state/create-api-query.ts";
import { api } from "../trpc.ts";

/** Filters a list by a table's name, and offers those that contain what is typed. */
export function TableChoice(props: {
  value: string | undefined;
  onChange: (name: string | null) => void;
}) {
  const listId = createUniqueId();
  const [typed, setTyped] = createSignal(untrack(() => props.value ?? ""));
  const tables = createApiQuery(
    () => ["tableNames", typed()],
    (signal) => api.tables.list.query({ search: typed().trim(), limit: 20 }, { signal }),
    { replace: true, keepPrevious: true, enabled: () => typed().trim() !== "" },
  );
  return (
    <>
      <input
        class="input choice"
        type="search"
        aria-label="Table"
        placeholder="Any table"
        list={listId}
        value={props.value ?? ""}
        onInput={(event) => setTyped(event.currentTarget.value)}
        onChange={(event) => props.onChange(event.currentTarget.value.trim() || null)}
      />
      <datalist id={listId}>
        <For each={tables.data()}>{({ name }) => <option value={name} />}</For>
      </datalist>
    </>
  );
}
