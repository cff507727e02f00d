import { Show } from "solid-js";
import { Empty } from "../../components/Feedback.tsx";
import { JobTable } from "../../components/JobTable.tsx";
import { QueryView } from "../../components/QueryView.tsx";
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
          <div class="card table-wrap">
            <JobTable jobs={data()} withRun />
          </div>
        </Show>
      )}
    </QueryView>
  );
}
