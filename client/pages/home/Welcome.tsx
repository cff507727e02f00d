import { A } from "@solidjs/router";
import { Match, Show, Switch } from "solid-js";
import type { RunListItem } from "../../../shared/run.ts";
import { ErrorNotice, ProgressBar } from "../../components/Feedback.tsx";
import { Icon } from "../../components/Icon.tsx";
import { RunProgress } from "../../components/RunProgress.tsx";
import { createAction } from "../../state/create-action.ts";
import { createApiQuery } from "../../state/create-api-query.ts";
import { api } from "../../trpc.ts";

/**
 * The first screen of an empty catalog, and the sample project's progress wherever it stands.
 * Once the sample is loaded, a link to its run remains until that run is over.
 */
export function Welcome(props: { isEmpty: boolean; running: RunListItem[] }) {
  const demo = createApiQuery(
    () => ["demo"],
    (signal) => api.system.demo.query(undefined, { signal }),
    { pollMs: (status) => (status?.state === "loading" ? 1000 : false) },
  );
  const firstRun = () => {
    const status = demo.data();
    if (status?.state !== "loaded") return undefined;
    return props.running.find(({ id }) => id === status.runId);
  };
  const load = createAction("Load the sample project", async () => {
    await api.system.loadDemo.mutate();
    demo.refetch();
  });
  return (
    <Switch>
      <Match when={demo.data()?.state === "loading" ? demo.data() : undefined}>
        {(status) => (
          <section class="card pad stack" aria-live="polite">
            <div class="row spread">
              <h2>Loading the sample project</h2>
              <span class="muted num">
                {status().total > 0 ? `${status().done} of ${status().total}` : ""}
              </span>
            </div>
            <ProgressBar
              label="Sample project"
              done={status().done}
              total={status().total > 0 ? status().total : null}
            />
            <p class="muted">{status().stage}</p>
          </section>
        )}
      </Match>
      <Match when={firstRun()}>
        {(run) => (
          <section class="card pad stack" aria-live="polite">
            <div class="row spread">
              <h2>The sample project is loaded and runs for the first time</h2>
              <A href={`/runs/${run().id}`}>Watch its run</A>
            </div>
            <RunProgress counts={run().counts} />
          </section>
        )}
      </Match>
      <Match when={demo.data()?.state === "failed" ? demo.data() : undefined}>
        {(status) => (
          <div class="notice bad" role="alert">
            <div>
              <strong>The sample project did not load.</strong>
              <p>{status().error}</p>
            </div>
            <button
              type="button"
              class="button small"
              disabled={load.isRunning()}
              onClick={() => void load.run()}
            >
              Try again
            </button>
          </div>
        )}
      </Match>
      <Match when={props.isEmpty}>
        <Offer isBusy={load.isRunning()} onLoad={() => void load.run()} />
        <Show when={demo.error()}>{(error) => <ErrorNotice error={error()} />}</Show>
      </Match>
    </Switch>
  );
}

function Offer(props: { isBusy: boolean; onLoad: () => void }) {
  return (
    <div class="columns welcome">
      <section class="card pad stack">
        <h2>See it work: the sample project</h2>
        <p>
          Flights, airports and weather from public data sets, in a PostgreSQL database of their
          own. It takes about a minute, runs on this machine alone, and costs nothing.
        </p>
        <ul class="ticks">
          <li>A source database with more than 200,000 rows, and import tables that read it</li>
          <li>Summary tables over four levels: joins, windows, arrays, partitions, a wildcard</li>
          <li>A table for files that you upload, and an extract that you download</li>
          <li>Two frequencies, and a first run that you can watch</li>
        </ul>
        <div class="row">
          <button
            type="button"
            class="button primary"
            disabled={props.isBusy}
            onClick={() => props.onLoad()}
          >
            <Icon name="run" />
            Load the sample project
          </button>
        </div>
      </section>
      <section class="card pad stack">
        <h2>Start with your own</h2>
        <p>
          Write a query; Maestro sees from its SQL which tables it reads, and runs everything in the
          right order. No DAG file, no cron line.
        </p>
        <div class="row">
          <A class="button" href="/tables/new">
            <Icon name="plus" />
            Create a table
          </A>
          <A class="button quiet" href="/databases">
            <Icon name="database" />
            Connect a database
          </A>
        </div>
      </section>
    </div>
  );
}
