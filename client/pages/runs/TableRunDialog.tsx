import { A } from "@solidjs/router";
import { For, Show } from "solid-js";
import { remedyFor } from "../../../shared/reason.ts";
import type { StoryLine, TableRunStory } from "../../../shared/run.ts";
import { Dialog } from "../../components/Dialog.tsx";
import { JobTable } from "../../components/JobTable.tsx";
import { QueryView } from "../../components/QueryView.tsx";
import { StatusPill } from "../../components/Status.tsx";
import { formatCount, formatDuration, formatInstant, formatPlural } from "../../format.ts";
import { createApiQuery } from "../../state/create-api-query.ts";
import { api } from "../../trpc.ts";

/** One table run whole: why it is in its state, what happened to it, in which order, and its jobs. */
export function TableRunDialog(props: { id: number; onClose: () => void }) {
  const told = createApiQuery(
    () => ["run", "tableRun", props.id],
    (signal) => api.runs.tableRun.query({ id: props.id }, { signal }),
    { pollMs: (data) => (data?.endedAt === null ? 5000 : false) },
  );
  return (
    <Dialog
      title={told.data()?.tableName ?? `Table run ${props.id}`}
      open
      wide
      onClose={props.onClose}
    >
      <QueryView query={told} what="the table run" lines={6}>
        {(data) => (
          <>
            <div class="row">
              <StatusPill state={data().state} />
              <span class="why-text" classList={{ "bad-text": data().state === "failed" }}>
                {data().reason.text}
              </span>
            </div>
            <Show when={remedyFor(data().reason.code)}>
              {(remedy) => <p class="small muted">What to do: {remedy()}</p>}
            </Show>
            <Facts told={data()} />
            <Story lines={data().story} runId={data().run.id} />
            <Jobs tableRunId={data().id} />
          </>
        )}
      </QueryView>
      <div class="dialog-actions">
        <Show when={told.data()}>
          {(data) => (
            <A class="button" href={`/tables/${data().tableId}`}>
              Open the table
            </A>
          )}
        </Show>
        <button type="button" class="button" onClick={() => props.onClose()}>
          Close
        </button>
      </div>
    </Dialog>
  );
}

function Facts(props: { told: TableRunStory }) {
  return (
    <dl class="facts">
      <div>
        <dt>Priority</dt>
        <dd title="The most depended-on goes first">
          {formatPlural(props.told.priority, "descendant")}
        </dd>
      </div>
      <div>
        <dt>Longest path from it down</dt>
        <dd class="num" title="As past runs took, or a guess; it breaks ties of priority">
          {formatDuration(props.told.remainingSeconds * 1000)}
        </dd>
      </div>
      <div>
        <dt>Attempts</dt>
        <dd class="num">{props.told.attempts}</dd>
      </div>
      <Show when={props.told.rowCount !== null}>
        <div>
          <dt>Rows</dt>
          <dd class="num">{formatCount(props.told.rowCount ?? 0)}</dd>
        </div>
      </Show>
    </dl>
  );
}

function Story(props: { lines: StoryLine[]; runId: number }) {
  return (
    <ol class="story" aria-label="What happened">
      <For each={props.lines}>
        {(line) => (
          <li class={line.kind}>
            <time class="num muted" datetime={line.at} title={formatInstant(line.at)}>
              {timeOf(line.at)}
            </time>
            <span>
              {line.text}
              <Show when={line.runId !== undefined && line.runId !== props.runId}>
                {" "}
                <A href={`/runs/${line.runId}`}>Run {line.runId}</A>
              </Show>
            </span>
            <span class="num muted">
              {line.until === null
                ? ""
                : formatDuration(Date.parse(line.until) - Date.parse(line.at))}
            </span>
          </li>
        )}
      </For>
    </ol>
  );
}

/** The wall clock's time; the day is in its title. */
function timeOf(iso: string): string {
  return new Date(iso).toLocaleTimeString("en-GB");
}

function Jobs(props: { tableRunId: number }) {
  const jobs = createApiQuery(
    () => ["run", "jobs", props.tableRunId],
    (signal) => api.jobs.list.query({ tableRunId: props.tableRunId, limit: 100 }, { signal }),
  );
  return (
    <QueryView query={jobs} what="its jobs" lines={3}>
      {(data) => (
        <Show when={data().length > 0} fallback={<p class="muted">No BigQuery job was made.</p>}>
          <div class="table-wrap">
            <JobTable jobs={data()} withRun={false} />
          </div>
        </Show>
      )}
    </QueryView>
  );
}
