import { A, useNavigate, useSearchParams } from "@solidjs/router";
import { createSignal, Show } from "solid-js";
import { runStates } from "../../../shared/run.ts";
import { Empty } from "../../components/Feedback.tsx";
import { Page } from "../../components/Page.tsx";
import { QueryView } from "../../components/QueryView.tsx";
import { RunTable } from "../../components/RunTable.tsx";
import { Tabs } from "../../components/Tabs.tsx";
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
