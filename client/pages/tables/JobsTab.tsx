import { A } from "@solidjs/router";
import { For, Show } from "solid-js";
import type { JobView } from "../../../shared/job.ts";
import { Empty } from "../../components/Feedback.tsx";
import { QueryView } from "../../components/QueryView.tsx";
import { StatusPill } from "../../components/Status.tsx";
import { Duration, RelativeTime } from "../../components/Time.tsx";
import { formatBytes } from "../../format.ts";
import { createApiQuery } from "../../state/create-api-query.ts";
import { api } from "../../trpc.ts";

export function JobsTab(props: { id: number }) {
  const jobs = createApiQuery(
    () => ["table", "jobs", props.id],
    (signal) => api.tables.jobs.query({ id: props.id, limit: 100 }, { signal }),
  );
  return (
    <QueryView query={jobs} what="the jobs">
      {(data) => (
        <Show
          when={data().length > 0}
          fallback={
            <Empty title="No jobs yet">
              <p>Each attempt of each step of a run shows here.</p>
            </Empty>
          }
        >
          <JobTable jobs={data()} />
        </Show>
      )}
    </QueryView>
  );
}

function JobTable(props: { jobs: JobView[] }) {
  return (
    <div class="card table-wrap">
      <table class="table">
        <thead>
          <tr>
            <th scope="col">State</th>
            <th scope="col">Step</th>
            <th scope="col">Started</th>
            <th scope="col" class="right">
              Took
            </th>
            <th scope="col" class="right">
              Processed
            </th>
            <th scope="col" class="right">
              Billed
            </th>
            <th scope="col">Run</th>
            <th scope="col">Job</th>
          </tr>
        </thead>
        <tbody>
          <For each={props.jobs}>
            {(job) => (
              <tr>
                <td class="shrink">
                  <StatusPill state={job.state} why={job.error} />
                </td>
                <td class="shrink">
                  {job.step}
                  <Show when={job.attempt > 1}>
                    <span class="muted">, attempt {job.attempt}</span>
                  </Show>
                </td>
                <td class="shrink">
                  <RelativeTime at={job.startedAt ?? job.createdAt} />
                </td>
                <td class="right shrink">
                  <Duration from={job.startedAt ?? job.createdAt} to={job.endedAt} />
                </td>
                <td class="right shrink">{bytes(job.bytesProcessed)}</td>
                <td class="right shrink">
                  {job.cacheHit === true ? "cached" : bytes(job.bytesBilled)}
                </td>
                <td class="shrink">
                  <Show when={job.runId} fallback="–">
                    {(runId) => <A href={`/runs/${runId()}`}>{runId()}</A>}
                  </Show>
                </td>
                <td>
                  <code class="small muted">{job.bqJobId}</code>
                  <Show when={job.error}>
                    <div class="why bad">{job.error}</div>
                  </Show>
                </td>
              </tr>
            )}
          </For>
        </tbody>
      </table>
    </div>
  );
}

function bytes(value: number | null): string {
  return value === null ? "–" : formatBytes(value);
}
