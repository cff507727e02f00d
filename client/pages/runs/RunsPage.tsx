import { useNavigate, useSearchParams } from "@solidjs/router";
import { Show } from "solid-js";
import { type RunState, runStates } from "../../../shared/run.ts";
import { Empty } from "../../components/Feedback.tsx";
import { Page } from "../../components/Page.tsx";
import { Pager } from "../../components/Pager.tsx";
import { QueryView } from "../../components/QueryView.tsx";
import { RunTable } from "../../components/RunTable.tsx";
import { Tabs } from "../../components/Tabs.tsx";
import { createApiQuery } from "../../state/create-api-query.ts";
import { api } from "../../trpc.ts";
import { RunFilters } from "./RunFilters.tsx";
import { filterOf, type RunParams } from "./run-params.ts";
import { StartRun } from "./StartRun.tsx";

const pageSize = 50;

/** What ran and runs. The filters and the page are in the address, to be passed on and gone back from. */
export function RunsPage() {
  const navigate = useNavigate();
  const [params, setParams] = useSearchParams<RunParams>();
  const beforeId = () => Number(params.before) || undefined;
  const runs = createApiQuery(
    () => ["runs", "list", filterOf(params), beforeId()],
    (signal) =>
      api.runs.list.query(
        { ...filterOf(params), limit: pageSize, beforeId: beforeId() },
        { signal },
      ),
    { keepPrevious: true },
  );
  return (
    <Page title="Runs" actions={<StartRun onStarted={(runId) => navigate(`/runs/${runId}`)} />}>
      <Tabs
        label="States"
        tabs={[undefined, ...runStates].map((state) => ({
          label:
            state === undefined ? "All" : `${state.slice(0, 1).toUpperCase()}${state.slice(1)}`,
          get href() {
            return `/runs${queryOf(params, state)}`;
          },
          get isActive() {
            return filterOf(params).state === state;
          },
        }))}
      />
      <RunFilters
        params={params}
        onChange={(values) => setParams({ ...values, before: null }, { replace: true })}
      />
      <QueryView query={runs} what="the runs" lines={8}>
        {(data) => (
          <>
            <Show when={data().length > 0} fallback={<Nothing params={params} />}>
              <RunTable runs={data()} />
            </Show>
            <Pager
              beforeId={beforeId()}
              olderId={data().length === pageSize ? data().at(-1)?.id : undefined}
              onOlder={(id) => setParams({ before: String(id) })}
              onNewest={() => setParams({ before: null })}
            />
          </>
        )}
      </QueryView>
    </Page>
  );
}

/** The same filters, with another state. */
function queryOf(params: Partial<RunParams>, state: RunState | undefined): string {
  const { before: _, state: __, ...others } = params;
  const entries = Object.entries({ ...others, state }).filter((entry): entry is [string, string] =>
    Boolean(entry[1]),
  );
  return entries.length === 0 ? "" : `?${new URLSearchParams(entries)}`;
}

function Nothing(props: { params: Partial<RunParams> }) {
  return (
    <Show
      when={Object.values(props.params).some(Boolean)}
      fallback={
        <Empty title="No runs yet">
          <p>A frequency's tick starts one, and so can you.</p>
        </Empty>
      }
    >
      <Empty title="No run is like this">
        <p>Take a filter away, or choose a longer time.</p>
      </Empty>
    </Show>
  );
}
