import { A, useNavigate, useSearchParams } from "@solidjs/router";
import { createSignal, For, Show } from "solid-js";
import { type RunListItem, runStates } from "../../../shared/run.ts";
import { Empty } from "../../components/Feedback.tsx";
import { Page } from "../../components/Page.tsx";
import { QueryView } from "../../components/QueryView.tsx";
import { RunProgress, runTitle, tickTitle } from "../../components/RunProgress.tsx";
import { StatusPill } from "../../components/Status.tsx";
import { Tabs } from "../../components/Tabs.tsx";
import { Duration, RelativeTime } from "../../components/Time.tsx";
import { formatBytes } from "../../format.ts";
import { createApiQuery } from "../../state/create-api-query.ts";
import { api } from "../../trpc.ts";
import { StartRun } from "./StartRun.tsx";

const pageSize = 50;

export function RunsPage() {
  const navigate = useNavigate();
  const [params] = useSearchParams<{ state?: string; frequency?: string }>();
  const [limit, setLimit] = createSignal(pageSize);
  const state = () => runStates.find((one) => one === params.state);
  const runs = createApiQuery(
    () => ["runs", "list", state(), params.frequency, limit()],
    (signal) =>
      api.runs.list.query(
        {
          limit: limit(),
          ...(state() === undefined ? {} : { state: state() }),
          ...(params.frequency === undefined ? {} : { frequencyId: Number(params.frequency) }),
        },
        { signal },
      ),
    { keepPrevious: true },
  );
  return (
    <Page
      title="Runs"
      actions={<StartRun onStarted={(runId) => navigate(`/runs/${runId}`)} />}
      lead={
        <Show when={params.frequency}>
          Of one frequency only. <A href="/runs">Show all</A>
        </Show>
      }
    >
      <Tabs
        label="States"
        tabs={[undefined, ...runStates].map((one) => ({
          label: one === undefined ? "All" : `${one.slice(0, 1).toUpperCase()}${one.slice(1)}`,
          href: one === undefined ? "/runs" : `/runs?state=${one}`,
          get isActive() {
            return state() === one;
          },
        }))}
      />
      <QueryView query={runs} what="the runs" lines={8}>
        {(data) => (
          <Show
            when={data().length > 0}
            fallback={
              <Empty title={state() === undefined ? "No runs yet" : `No ${state()} runs`}>
                <p>A frequency's tick starts one, and so can you.</p>
              </Empty>
            }
          >
            <RunTable runs={data()} />
            <Show when={data().length === limit() && limit() < 500}>
              <div class="row">
                <button
                  type="button"
                  class="button"
                  onClick={() => setLimit(Math.min(500, limit() + pageSize))}
                >
                  Show more
                </button>
              </div>
            </Show>
          </Show>
        )}
      </QueryView>
    </Page>
  );
}

function RunTable(props: { runs: RunListItem[] }) {
  return (
    <div class="card table-wrap">
      <table class="table">
        <thead>
          <tr>
            <th scope="col">Run</th>
            <th scope="col">State</th>
            <th scope="col">Table runs</th>
            <th scope="col">Started</th>
            <th scope="col" class="right">
              Took
            </th>
            <th scope="col" class="right">
              Billed
            </th>
            <th scope="col">By</th>
          </tr>
        </thead>
        <tbody>
          <For each={props.runs}>
            {(run) => (
              <tr>
                <td>
                  <A href={`/runs/${run.id}`} title={tickTitle(run)}>
                    {runTitle(run)}
                  </A>
                  <Show when={run.frequencyName !== null}>
                    <span class="muted small"> {run.id}</span>
                  </Show>
                  <Show when={run.reason}>
                    <div class="why" classList={{ bad: run.state === "failed" }}>
                      {run.reason}
                    </div>
                  </Show>
                </td>
                <td class="shrink">
                  <StatusPill state={run.state} why={run.reason} />
                </td>
                <td style={{ "min-width": "9rem" }}>
                  <RunProgress counts={run.counts} />
                </td>
                <td class="shrink">
                  <RelativeTime at={run.createdAt} />
                </td>
                <td class="right shrink">
                  <Duration from={run.createdAt} to={run.endedAt} />
                </td>
                <td class="right shrink">{formatBytes(run.bytesBilled)}</td>
                <td class="shrink muted">
                  {run.kind === "tick" ? "tick" : (run.startedBy ?? "by hand")}
                </td>
              </tr>
            )}
          </For>
        </tbody>
      </table>
    </div>
  );
}
