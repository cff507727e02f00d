import { A } from "@solidjs/router";
import { createMemo, For, Show } from "solid-js";
import type { RunListItem } from "../../../shared/run.ts";
import { describeCounts, runTitle } from "../../components/RunProgress.tsx";
import { RelativeTime } from "../../components/Time.tsx";
import { createApiQuery } from "../../state/create-api-query.ts";
import { api } from "../../trpc.ts";

const mostCauses = 3;

/** A failed run with the tables that failed first-hand, each with why; what they skipped is counted. */
export function FailedRun(props: { run: RunListItem }) {
  const detail = createApiQuery(
    () => ["run", "get", props.run.id],
    (signal) => api.runs.get.query({ id: props.run.id }, { signal }),
  );
  const causes = createMemo(
    () => detail.data()?.tableRuns.filter((row) => row.state === "failed") ?? [],
  );
  return (
    <li>
      <div class="grow stack tight">
        <div class="row spread">
          <A href={`/runs/${props.run.id}`}>{runTitle(props.run)}</A>
          <span class="muted small">
            {describeCounts(props.run.counts)}, <RelativeTime at={props.run.endedAt} />
          </span>
        </div>
        <For each={causes().slice(0, mostCauses)}>
          {(row) => (
            <p class="small">
              <A href={`/tables/${row.tableId}`}>{row.tableName}</A>{" "}
              <A class="bad-text" href={`/runs/${props.run.id}?tableRun=${row.id}`}>
                {row.reason.text}
              </A>
            </p>
          )}
        </For>
        <Show when={causes().length > mostCauses}>
          <p class="small muted">and {causes().length - mostCauses} more</p>
        </Show>
      </div>
    </li>
  );
}
