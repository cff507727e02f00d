import { createUniqueId, For, Show } from "solid-js";
import { formatPlural } from "../../format.ts";
import { Icon } from "../Icon.tsx";
import type { GraphItem } from "./graph-item.ts";
import { Legend } from "./Legend.tsx";
import { type Side, sides } from "./neighbours.ts";

const words: Record<Side, string> = {
  both: "Ancestors and descendants",
  ancestors: "Ancestors",
  descendants: "Descendants",
};

/** Above a graph: finds a table in it, keeps one side of its line, and says how much is shown. */
export function GraphBar(props: {
  /** Everything that can be focused on. */
  items: GraphItem[];
  shown: number;
  focus: string | undefined;
  side: Side;
  hasPath?: boolean;
  onFocus: (name: string | null) => void;
  onSide: (side: Side) => void;
}) {
  const listId = createUniqueId();
  const isFocused = () => props.items.some(({ name }) => name === props.focus);
  return (
    <div class="graph-bar">
      <div class="search">
        <Icon name="search" />
        <input
          class="input"
          type="search"
          list={listId}
          aria-label="Show one table with its ancestors and descendants"
          placeholder="Focus on a table"
          value={props.focus ?? ""}
          onChange={(event) => props.onFocus(event.currentTarget.value.trim() || null)}
        />
        <datalist id={listId}>
          <For each={props.items}>{({ name }) => <option value={name} />}</For>
        </datalist>
      </div>
      <Show when={isFocused()}>
        <select
          class="select choice"
          aria-label="What of its line is shown"
          onChange={(event) =>
            props.onSide(sides.find((one) => one === event.currentTarget.value) ?? "both")
          }
        >
          <For each={sides}>
            {(one) => (
              <option value={one} selected={one === props.side}>
                {words[one]}
              </option>
            )}
          </For>
        </select>
        <button type="button" class="button quiet" onClick={() => props.onFocus(null)}>
          Show all
        </button>
      </Show>
      <span class="muted small" role="status">
        {formatPlural(props.shown, "table")}
        <Show when={props.focus && !isFocused()}>, none is called {props.focus}</Show>
      </span>
      <Legend hasPath={props.hasPath === true} />
    </div>
  );
}
