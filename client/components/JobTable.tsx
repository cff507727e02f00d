import { A } from "@solidjs/router";
import { For, Show } from "solid-js";
import type { JobView } from "../../shared/job.ts";
import { formatBytes, formatDuration, formatInstant } from "../format.ts";
import { StatusPill } from "./Status.tsx";
import { Duration, RelativeTime } from "./Time.tsx";

/** Jobs with all that BigQuery said of them: figures in the row, the rest under the job's id. */
export function JobTable(props: { jobs: JobView[]; withRun: boolean }) {
  return (
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
          <th scope="col" class="right" title="Slot time: that of all its workers in BigQuery">
            Slots
          </th>
          <Show when={props.withRun}>
            <th scope="col">Run</th>
          </Show>
          <th scope="col">Job</th>
        </tr>
      </thead>
      <tbody>
        <For each={props.jobs}>{(job) => <Row job={job} withRun={props.withRun} />}</For>
      </tbody>
    </table>
  );
}

function Row(props: { job: JobView; withRun: boolean }) {
  const began = () => props.job.startedAt ?? props.job.createdAt;
  return (
    <tr>
      <td class="shrink">
        <StatusPill state={props.job.state} why={props.job.error} />
      </td>
      <td class="shrink">
        {props.job.tableRunId === null ? "preview" : props.job.step}
        <Show when={props.job.attempt > 1}>
          <span class="muted">, attempt {props.job.attempt}</span>
        </Show>
      </td>
      <td class="shrink">
        <RelativeTime at={began()} />
      </td>
      <td class="right shrink">
        <Duration from={began()} to={props.job.endedAt} />
      </td>
      <td class="right shrink">{bytes(props.job.bytesProcessed)}</td>
      <td class="right shrink">
        {props.job.cacheHit === true ? "cached" : bytes(props.job.bytesBilled)}
      </td>
      <td class="right shrink">
        {props.job.slotMs === null ? "–" : formatDuration(props.job.slotMs)}
      </td>
      <Show when={props.withRun}>
        <td class="shrink">
          <Show when={props.job.runId} fallback="–">
            {(runId) => <A href={`/runs/${runId()}?tableRun=${props.job.tableRunId}`}>{runId()}</A>}
          </Show>
        </td>
      </Show>
      <td>
        <details class="job">
          <summary>
            <code class="small">{props.job.bqJobId}</code>
          </summary>
          <Facts job={props.job} />
        </details>
        <Show when={props.job.error}>
          <div class="why bad">{props.job.error}</div>
        </Show>
      </td>
    </tr>
  );
}

function Facts(props: { job: JobView }) {
  const facts = (): [string, string][] => [
    ["Attempt", String(props.job.attempt)],
    ["Created", instant(props.job.acceptedAt ?? props.job.createdAt)],
    ["Started", instant(props.job.startedAt)],
    ["Ended", instant(props.job.endedAt)],
    ["From the cache", props.job.cacheHit === null ? "–" : props.job.cacheHit ? "yes" : "no"],
    ["Read", props.job.referencedTables.join(", ") || "–"],
  ];
  return (
    <dl class="pairs small">
      <For each={facts()}>
        {([name, value]) => (
          <div>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        )}
      </For>
      <Show when={props.job.statisticsError}>
        {(error) => (
          <div>
            <dt>Figures</dt>
            <dd>not known: {error()}</dd>
          </div>
        )}
      </Show>
    </dl>
  );
}

function bytes(value: number | null): string {
  return value === null ? "–" : formatBytes(value);
}

function instant(iso: string | null): string {
  return iso === null ? "–" : formatInstant(iso);
}
