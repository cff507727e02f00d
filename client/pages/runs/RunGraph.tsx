import { createMemo, createSignal } from "solid-js";
import type { RunDetail } from "../../../shared/run.ts";
import { GraphView } from "../../components/graph/GraphView.tsx";
import type { GraphItem } from "../../components/graph/graph-item.ts";
import { Legend } from "../../components/graph/Legend.tsx";

/** The run's own graph: as it was at assembly, in the states of now. */
export function RunGraph(props: { run: RunDetail }) {
  const [hovered, setHovered] = createSignal<number | null>(null);
  const items = createMemo<GraphItem[]>(() =>
    props.run.tableRuns.map((row) => ({
      id: row.id,
      name: row.tableName,
      kind: row.kind,
      state: row.state,
      href: `/tables/${row.tableId}`,
      detail: row.reason.text,
    })),
  );
  const edges = createMemo(() =>
    props.run.tableRuns.flatMap((row) =>
      row.parentIds.map((parentId): [number, number] => [parentId, row.id]),
    ),
  );
  return (
    <div class="stack">
      <Legend />
      <div class="lineage-graph">
        <GraphView
          label={`Graph of run ${props.run.id}`}
          items={items()}
          edges={edges()}
          focusId={hovered()}
          onFocus={setHovered}
        />
      </div>
    </div>
  );
}
