import { useSearchParams } from "@solidjs/router";
import { createMemo, createSignal } from "solid-js";
import type { RunDetail } from "../../../shared/run.ts";
import { createGraphFocus } from "../../components/graph/create-graph-focus.ts";
import { GraphBar } from "../../components/graph/GraphBar.tsx";
import { GraphView } from "../../components/graph/GraphView.tsx";
import type { GraphItem } from "../../components/graph/graph-item.ts";

/** The run's own graph: as it was at assembly, in the states of now, with its critical path. */
export function RunGraph(props: { run: RunDetail }) {
  const [search] = useSearchParams<{ focus?: string; side?: string }>();
  // What happened to it opens over the graph as it is.
  const hrefOf = (tableRunId: number) => {
    const { focus = "", side = "" } = search;
    const kept = Object.entries({ focus, side }).filter(([, value]) => value !== "");
    const query = new URLSearchParams([...kept, ["tableRun", String(tableRunId)]]);
    return `/runs/${props.run.id}/graph?${query}`;
  };
  const [hovered, setHovered] = createSignal<number | null>(null);
  const all = createMemo<GraphItem[]>(() =>
    props.run.tableRuns.map((row) => ({
      id: row.id,
      name: row.tableName,
      kind: row.kind,
      state: row.state,
      href: hrefOf(row.id),
      detail: row.reason.text,
    })),
  );
  const edges = createMemo(() =>
    props.run.tableRuns.flatMap((row) =>
      row.parentIds.map((parentId): [number, number] => [parentId, row.id]),
    ),
  );
  const shown = createGraphFocus(all, edges);
  return (
    <div class="stack">
      <GraphBar
        items={all()}
        shown={shown.items().length}
        focus={shown.focus()}
        side={shown.side()}
        hasPath={props.run.criticalPath.length > 0}
        onFocus={shown.setFocus}
        onSide={shown.setSide}
      />
      <div class="lineage-graph tall">
        <GraphView
          label={`Graph of run ${props.run.id}`}
          items={shown.items()}
          edges={shown.edges()}
          path={props.run.criticalPath}
          focusId={hovered()}
          onFocus={setHovered}
        />
      </div>
    </div>
  );
}
