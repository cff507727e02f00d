import { createMemo, createSignal, For, Show } from "solid-js";
import type { TableDetail, TableReferenceView } from "../../../shared/table.ts";
import { Empty } from "../../components/Feedback.tsx";
import { GraphView } from "../../components/graph/GraphView.tsx";
import type { GraphItem } from "../../components/graph/graph-item.ts";
import { QueryView } from "../../components/QueryView.tsx";
import { createApiQuery } from "../../state/create-api-query.ts";
import { api } from "../../trpc.ts";

const foundBy = { ast: "parser", scanner: "scanner", dryRun: "dry run", manual: "by hand" };

/** The table among its ancestors and descendants, and how each reference was found. */
export function LineageTab(props: { table: TableDetail }) {
  const [hovered, setHovered] = createSignal<number | null>(null);
  const lineage = createApiQuery(
    () => ["lineage", "table", props.table.id],
    (signal) => api.tables.lineage.query({ id: props.table.id }, { signal }),
    { replace: true },
  );
  const items = createMemo<GraphItem[]>(() =>
    (lineage.data()?.nodes ?? []).map((node) => ({
      ...node,
      state: node.status,
      href: `/tables/${node.id}/lineage`,
    })),
  );
  return (
    <div class="stack">
      <QueryView query={lineage} what="the lineage">
        {(data) => (
          <Show
            when={data().nodes.length > 1}
            fallback={<Empty title="It stands alone: it reads no table, and none reads it" />}
          >
            <div class="lineage-graph">
              <GraphView
                label={`Lineage of ${props.table.name}`}
                items={items()}
                edges={data().edges}
                focusId={hovered() ?? props.table.id}
                onFocus={setHovered}
              />
            </div>
          </Show>
        )}
      </QueryView>
      <References references={props.table.references} />
    </div>
  );
}

function References(props: { references: TableReferenceView[] }) {
  return (
    <Show when={props.references.length > 0}>
      <section class="card table-wrap">
        <table class="table">
          <thead>
            <tr>
              <th scope="col">Reads</th>
              <th scope="col">Found by</th>
              <th scope="col">In the catalog as</th>
            </tr>
          </thead>
          <tbody>
            <For each={props.references}>
              {(reference) => (
                <tr>
                  <td class="mono">{reference.name}</td>
                  <td>{reference.foundBy.map((source) => foundBy[source]).join(", ")}</td>
                  <td class="muted">
                    {reference.ignored
                      ? "ignored: its last version is read"
                      : reference.parents.map((parent) => parent.name).join(", ") || "not there"}
                  </td>
                </tr>
              )}
            </For>
          </tbody>
        </table>
      </section>
    </Show>
  );
}
