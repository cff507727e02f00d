import { A } from "@solidjs/router";
import { createMemo, For, Show } from "solid-js";
import type { TableRunState, TableRunView } from "../../shared/run.ts";
import { createApiQuery } from "../state/create-api-query.ts";
import { api } from "../trpc.ts";
import { QueryView } from "./QueryView.tsx";
import { StatusPill } from "./Status.tsx";
import { TableName } from "./TableName.tsx";

const order: TableRunState[] = [
  "failed",
  "running",
  "ready",
  "waiting",
  "cancelled",
  "skipped",
  "succeeded",
];

/** What needs a look first; of those alike, the most depended-on. */
export function byNeed(a: TableRunView, b: TableRunView): number {
  return order.indexOf(a.state) - order.indexOf(b.state) || b.priority - a.priority;
}

const mostShown = 12;

/** Why each table of a run ran, waits, was skipped, failed or was cancelled, in short. */
export function RunReasons(props: { id: number }) {
  const run = createApiQuery(
    () => ["run", "get", props.id],
    (signal) => api.runs.get.query({ id: props.id }, { signal }),
  );
  const rows = createMemo(() => [...(run.data()?.tableRuns ?? [])].sort(byNeed));
  return (
    <QueryView query={run} what="its table runs" lines={3}>
      {() => (
        <ul class="reasons" aria-label={`Table runs of run ${props.id}`}>
          <For each={rows().slice(0, mostShown)} fallback={<li class="muted">No table runs.</li>}>
            {(row) => (
              <li>
                <StatusPill state={row.state} />
                <TableName id={row.tableId} name={row.tableName} kind={row.kind} />
                <A class="why-link" href={`/runs/${props.id}?tableRun=${row.id}`}>
                  {row.reason.text}
                </A>
              </li>
            )}
          </For>
          <Show when={rows().length > mostShown}>
            <li>
              <A href={`/runs/${props.id}/tables`}>and {rows().length - mostShown} more</A>
            </li>
          </Show>
        </ul>
      )}
    </QueryView>
  );
}
