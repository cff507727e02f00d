import { createSignal, Match, Show, Switch } from "solid-js";
import type { CloudCheck } from "../../../shared/cloud-check.ts";
import { CheckList } from "../../components/CheckList.tsx";
import { ErrorNotice } from "../../components/Feedback.tsx";
import { createAction } from "../../state/create-action.ts";
import { createApiQuery } from "../../state/create-api-query.ts";
import { api } from "../../trpc.ts";

/** Where runs begin, what a change means for those under way, and a try of all that they need. */
export function BigqueryCheck() {
  const info = createApiQuery(
    () => ["system", "cloud"],
    (signal) => api.system.info.query(undefined, { signal }),
    { pollMs: () => 5_000 },
  );
  const [result, setResult] = createSignal<CloudCheck | null>(null);
  const check = createAction(
    "Check BigQuery and Cloud Storage",
    async () => {
      setResult(null);
      setResult(await api.settings.testBigquery.mutate());
    },
    { quiet: true },
  );
  return (
    <>
      <Show when={info.data()}>
        {(shown) => (
          <p class="muted small" role="status">
            <Switch>
              <Match when={shown().localCloud}>
                Runs begin in the local cloud: its tables and files are on this machine, and cost
                nothing. To move to Google Cloud, save a project and a bucket. The catalog stays as
                it is; each table is made in BigQuery by its next run. The steps and the roles are
                in docs/google-cloud.md.
              </Match>
              <Match when={shown().projectId === ""}>
                Nothing can run: no project with a bucket is set, and this server has no local
                cloud.
              </Match>
              <Match when={true}>
                Runs begin in the project {shown().projectId} in {shown().location}. Runs under way
                end in the project where they began, whatever is saved meanwhile; another key of the
                same project holds for them too.
              </Match>
            </Switch>
          </p>
        )}
      </Show>
      <Show when={check.error()}>{(error) => <ErrorNotice error={error()} />}</Show>
      <Show when={result()}>{(shown) => <Report result={shown()} />}</Show>
      <div class="row">
        <button
          type="button"
          class="button"
          disabled={check.isRunning()}
          onClick={() => void check.run()}
        >
          {check.isRunning() ? "Checking…" : "Check what is saved"}
        </button>
      </div>
    </>
  );
}

function Report(props: { result: CloudCheck }) {
  return (
    <div
      class="notice"
      classList={{ ok: props.result.ok, bad: !props.result.ok }}
      role={props.result.ok ? "status" : "alert"}
    >
      <div class="grow">
        <strong>{props.result.ok ? "All that runs need works" : "It does not work yet"}</strong>
        <p class="small">{props.result.where}</p>
        <CheckList checks={props.result.checks} />
      </div>
    </div>
  );
}
