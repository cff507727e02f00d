import { For } from "solid-js";
import { historyViews } from "../../../shared/history.ts";

/** What there is to select from. */
export function HistoryTables(props: { onChoose: (name: string) => void }) {
  return (
    <aside class="card history-tables" aria-label="Tables of the history">
      <For each={historyViews}>
        {(view) => (
          <details open={view.name === "costs"}>
            <summary>
              <code>{view.name}</code> <span class="muted small">{view.about}</span>
            </summary>
            <dl>
              <For each={view.columns}>
                {(column) => (
                  <div title={column.type.toLowerCase()}>
                    <dt>
                      <code>{column.name}</code>
                    </dt>
                    <dd class="muted small">{column.about}</dd>
                  </div>
                )}
              </For>
            </dl>
            <button
              type="button"
              class="button quiet small"
              onClick={() => props.onChoose(view.name)}
            >
              Look at its rows
            </button>
          </details>
        )}
      </For>
    </aside>
  );
}
