import { A } from "@solidjs/router";
import { For, Show } from "solid-js";
import type { TableDetail } from "../../../shared/table.ts";

/** What the saved SQL reads and who reads it, with the ways it was found where they differ. */
export function TableReferences(props: { table: TableDetail }) {
  return (
    <div class="columns">
      <section class="card pad stack tight">
        <h2>Reads</h2>
        <div class="chips">
          <For each={props.table.parents} fallback={<span class="muted">No table</span>}>
            {(parent) => (
              <A
                class="pill plain"
                href={`/tables/${parent.id}`}
                title={parent.ignored ? "ignored: its last version is read" : undefined}
                style={parent.ignored ? { "text-decoration": "line-through" } : {}}
              >
                {parent.name}
              </A>
            )}
          </For>
          <For each={outside(props.table)}>
            {(name) => (
              <span class="pill plain muted" title="not in the catalog">
                {name}
              </span>
            )}
          </For>
        </div>
        <Show when={props.table.warnings.length > 0}>
          <ul class="small" style={{ color: "var(--warn)" }}>
            <For each={props.table.warnings}>{(warning) => <li>{warning}</li>}</For>
          </ul>
        </Show>
      </section>
      <section class="card pad stack tight">
        <h2>Read by</h2>
        <div class="chips">
          <For each={props.table.children} fallback={<span class="muted">No table</span>}>
            {(child) => (
              <A class="pill plain" href={`/tables/${child.id}`}>
                {child.name}
              </A>
            )}
          </For>
        </div>
      </section>
    </div>
  );
}

function outside(table: TableDetail): string[] {
  return table.references
    .filter((reference) => reference.parents.length === 0 && !reference.ignored)
    .map((reference) => reference.name);
}
