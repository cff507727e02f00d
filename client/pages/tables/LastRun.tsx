import { A } from "@solidjs/router";
import { Show } from "solid-js";
import { RelativeTime } from "../../components/Time.tsx";
import { createApiQuery } from "../../state/create-api-query.ts";
import { api } from "../../trpc.ts";

/** Why the table's last run did what it did, and where to read all of it. */
export function LastRun(props: { id: number }) {
  const status = createApiQuery(
    () => ["table", "status", props.id],
    (signal) => api.tables.status.query({ id: props.id }, { signal }),
    // What it waits for changes without an event of its own.
    { pollMs: (data) => (isUnderWay(data?.status) ? 5000 : false) },
  );
  return (
    <Show when={status.data()?.why && status.data()}>
      {(data) => (
        <div class="notice" classList={{ bad: data().status === "failed" }} role="status">
          <div>{data().why?.text}</div>
          <span class="small">
            <A href={`/runs/${data().runId}?tableRun=${data().tableRunId}`}>Run {data().runId}</A>{" "}
            <RelativeTime at={data().lastRunAt} none="" />
          </span>
        </div>
      )}
    </Show>
  );
}

function isUnderWay(status: string | undefined): boolean {
  return status === "waiting" || status === "running";
}
