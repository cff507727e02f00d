import { useSearchParams } from "@solidjs/router";
import { createMemo, createSignal, createUniqueId, For, Show } from "solid-js";
import { Empty } from "../../components/Feedback.tsx";
import { GraphView } from "../../components/graph/GraphView.tsx";
import type { GraphItem } from "../../components/graph/graph-item.ts";
import { Legend } from "../../components/graph/Legend.tsx";
import { lineOf } from "../../components/graph/neighbours.ts";
import { Icon } from "../../components/Icon.tsx";
import { Page } from "../../components/Page.tsx";
import { QueryView } from "../../components/QueryView.tsx";
import { formatPlural } from "../../format.ts";
import { createApiQuery } from "../../state/create-api-query.ts";
import { api } from "../../trpc.ts";

/** The whole catalog; `?focus=dataset.table` keeps one line of it, and travels in a link. */
export function GraphPage() {
  const listId = createUniqueId();
  const [params, setParams] = useSearchParams<{ focus?: string }>();
  const [hovered, setHovered] = createSignal<number | null>(null);
  const graph = createApiQuery(
    () => ["lineage", "graph"],
    (signal) => api.lineage.graph.query({}, { signal }),
    { replace: true },
  );
  const chosen = createMemo(
    () => graph.data()?.nodes.find((node) => node.name === params.focus)?.id ?? null,
  );
  const kept = createMemo(() => {
    const id = chosen();
    return id === null ? null : lineOf(id, graph.data()?.edges ?? []);
  });
  const items = createMemo<GraphItem[]>(() =>
    (graph.data()?.nodes ?? [])
      .filter((node) => kept()?.has(node.id) ?? true)
      .map((node) => ({ ...node, state: node.status, href: `/tables/${node.id}` })),
  );
  const edges = createMemo(() =>
    (graph.data()?.edges ?? []).filter(
      ([parent, child]) => kept() === null || (kept()?.has(parent) && kept()?.has(child)),
    ),
  );
  return (
    <Page
      title="Graph"
      fill
      lead={<Show when={graph.data()}>{formatPlural(items().length, "table")}</Show>}
    >
      <div class="row spread">
        <div class="search">
          <Icon name="search" />
          <input
            class="input"
            type="search"
            list={listId}
            aria-label="Show one table with its ancestors and descendants"
            placeholder="Focus on a table"
            value={params.focus ?? ""}
            onChange={(event) => setParams({ focus: event.currentTarget.value })}
          />
          <datalist id={listId}>
            <For each={graph.data()?.nodes}>{(node) => <option value={node.name} />}</For>
          </datalist>
        </div>
        <Legend />
      </div>
      <QueryView query={graph} what="the graph" lines={10}>
        {(data) => (
          <Show
            when={data().nodes.length > 0}
            fallback={
              <Empty title="No tables yet">
                <p>Tables and what they are made from show here.</p>
              </Empty>
            }
          >
            <GraphView
              label="Graph of the catalog"
              items={items()}
              edges={edges()}
              focusId={hovered()}
              onFocus={setHovered}
            />
          </Show>
        )}
      </QueryView>
    </Page>
  );
}
