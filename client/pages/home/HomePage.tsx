import { A } from "@solidjs/router";
import { For, Show } from "solid-js";
import type { HomeView } from "../../../shared/system.ts";
import { Icon } from "../../components/Icon.tsx";
import { Page } from "../../components/Page.tsx";
import { QueryView } from "../../components/QueryView.tsx";
import { RunProgress, runTitle } from "../../components/RunProgress.tsx";
import { RunTable } from "../../components/RunTable.tsx";
import { Duration } from "../../components/Time.tsx";
import { formatBytes, formatCount, formatPrice } from "../../format.ts";
import { createApiQuery } from "../../state/create-api-query.ts";
import { api } from "../../trpc.ts";
import { Attention } from "./Attention.tsx";
import { Welcome } from "./Welcome.tsx";

export function HomePage() {
  const home = createApiQuery(
    () => ["home"],
    (signal) => api.system.home.query(undefined, { signal }),
    { pollMs: () => 60_000 },
  );
  const isEmpty = () => home.data() !== undefined && countTables(home.data()) === 0;
  return (
    <Page
      title={isEmpty() ? "Welcome to Maestro" : "Home"}
      actions={
        <A class="button" href="/tables/new">
          <Icon name="plus" />
          New table
        </A>
      }
    >
      <Welcome isEmpty={isEmpty()} running={home.data()?.running ?? []} />
      <QueryView query={home} what="home">
        {(data) => (
          <Show when={!isEmpty()}>
            <Overview home={data()} />
          </Show>
        )}
      </QueryView>
    </Page>
  );
}

function Overview(props: { home: HomeView }) {
  return (
    <>
      <dl class="stats">
        <div class="stat">
          <dt>Running now</dt>
          <dd>{formatCount(props.home.running.length)}</dd>
        </div>
        <div class="stat">
          <dt title="Runs of the last seven days whose tables have not succeeded since">
            Still failed
          </dt>
          <dd classList={{ "bad-text": props.home.failedRecently.length > 0 }}>
            {formatCount(props.home.failedRecently.length)}
          </dd>
        </div>
        <div class="stat">
          <dt>Late</dt>
          <dd>{formatCount(props.home.late.length)}</dd>
        </div>
        <div class="stat">
          <dt>Waiting long</dt>
          <dd>{formatCount(props.home.longWaits.length)}</dd>
        </div>
        <div class="stat">
          <dt>Tables</dt>
          <dd>{formatCount(countTables(props.home))}</dd>
        </div>
        <div class="stat">
          <dt>Spend today</dt>
          <dd>
            {formatPrice(props.home.today.price)}{" "}
            <small>{formatBytes(props.home.today.bytesBilled)}</small>
          </dd>
        </div>
      </dl>
      <div class="columns">
        <section class="card">
          <div class="card-head">
            <h2>Running</h2>
          </div>
          <RunningRuns home={props.home} />
        </section>
        <Attention home={props.home} />
      </div>
      <LatestRuns />
    </>
  );
}

function LatestRuns() {
  const runs = createApiQuery(
    () => ["runs", "latest"],
    (signal) => api.runs.list.query({ limit: 8 }, { signal }),
  );
  return (
    <section class="stack">
      <div class="row spread">
        <h2>Latest runs</h2>
        <A href="/runs">All runs</A>
      </div>
      <QueryView query={runs} what="the latest runs">
        {(data) => (
          <Show
            when={data().length > 0}
            fallback={<p class="muted">None yet: the next tick of a frequency makes one.</p>}
          >
            <RunTable runs={data()} />
          </Show>
        )}
      </QueryView>
    </section>
  );
}

function RunningRuns(props: { home: HomeView }) {
  return (
    <ul class="list">
      <For each={props.home.running} fallback={<li class="muted">Nothing runs now.</li>}>
        {(run) => (
          <li>
            <div class="grow stack tight">
              <div class="row spread">
                <A href={`/runs/${run.id}`}>{runTitle(run)}</A>
                <span class="muted small">
                  <Duration from={run.createdAt} to={run.endedAt} />
                </span>
              </div>
              <RunProgress counts={run.counts} />
            </div>
          </li>
        )}
      </For>
    </ul>
  );
}

function countTables(home: HomeView | undefined): number {
  if (home === undefined) return 0;
  const { summary, import: imports, external } = home.tableCounts;
  return summary + imports + external;
}
