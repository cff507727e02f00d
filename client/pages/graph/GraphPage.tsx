import { createMemo, createSignal, Show } from "solid-js";
import { Empty } from "../../components/Feedback.tsx";
import { createGraphFocus } from "../../components/graph/create-graph-focus.ts";
import { GraphBar } from "../../components/graph/GraphBar.tsx";
import { GraphView } from "../../components/graph/GraphView.tsx";
import type { GraphItem } from "../../components/graph/graph-item.ts";
import { Page } from "../../components/Page.tsx";
import { QueryView } from "../../components/QueryView.tsx";
import { createApiQuery } from "../../state/create-api-query.ts";
import { api } from "../../trpc.ts";

/** The whole catalog, or the line of the table that the address names. */
export function GraphPage() {
  const [hovered, setHovered] = createSignal<number | null>(null);
  const graph = createApiQuery(
    () => ["lineage", "graph"],
    (signal) => api.lineage.graph.query({}, { signal }),
    { replace: true },
  );
  const all = createMemo<GraphItem[]>(() =>
    (graph.data()?.nodes ?? []).map((node) => ({
      ...node,
      state: node.status,
      href: `/tables/${node.id}`,
    })),
  );
  const shown = createGraphFocus(all, () => graph.data()?.edges ?? []);
  return (
    <Page title="Graph" fill>
      <GraphBar
        items={all()}
        shown={shown.items().length}
        focus={shown.focus()}
        side={shown.side()}
        onFocus={shown.setFocus}
        onSide={shown.setSide}
      />
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
              items={shown.items()}
              edges={shown.edges()}
              focusId={hovered()}
              onFocus={setHovered}
            />
          </Show>
        )}
      </QueryView>
    </Page>
  );
}
