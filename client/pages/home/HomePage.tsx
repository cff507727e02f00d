import { A } from "@solidjs/router";
import { For, Show } from "solid-js";
import type { HomeView } from "../../../shared/system.ts";
import { Empty } from "../../components/Feedback.tsx";
import { Icon } from "../../components/Icon.tsx";
import { Page } from "../../components/Page.tsx";
import { QueryView } from "../../components/QueryView.tsx";
import { RunProgress, runTitle } from "../../components/RunProgress.tsx";
import { Duration, RelativeTime } from "../../components/Time.tsx";
import { formatBytes, formatCount, formatUsd } from "../../format.ts";
import { createApiQuery } from "../../state/create-api-query.ts";
import { api } from "../../trpc.ts";
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
      <Welcome isEmpty={isEmpty()} />
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
          <dt>Failed recently</dt>
          <dd classList={{ "bad-text": props.home.failedRecently.length > 0 }}>
            {formatCount(props.home.failedRecently.length)}
          </dd>
        </div>
        <div class="stat">
          <dt>Late</dt>
          <dd>{formatCount(props.home.late.length)}</dd>
        </div>
        <div class="stat">
          <dt>Tables</dt>
          <dd>{formatCount(countTables(props.home))}</dd>
        </div>
        <div class="stat">
          <dt>Spend today</dt>
          <dd>
            {formatUsd(props.home.today.usd)}{" "}
            <small>{formatBytes(props.home.today.bytesBilled)} billed</small>
          </dd>
        </div>
      </dl>
      <div class="columns">
        <section class="card">
          <div class="card-head">
            <h2>Running</h2>
            <A href="/runs">All runs</A>
          </div>
          <RunningRuns home={props.home} />
        </section>
        <section class="card">
          <div class="card-head">
            <h2>Failed recently</h2>
          </div>
          <FailedRuns home={props.home} />
        </section>
        <section class="card">
          <div class="card-head">
            <h2>Late</h2>
          </div>
          <LateFrequencies home={props.home} />
        </section>
      </div>
    </>
  );
}

function RunningRuns(props: { home: HomeView }) {
  return (
    <ul class="list">
      <For
        each={props.home.running}
        fallback={
          <Empty title="Nothing runs now">
            <p>The next tick of a frequency, or you, will start something.</p>
          </Empty>
        }
      >
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

function FailedRuns(props: { home: HomeView }) {
  return (
    <ul class="list">
      <For
        each={props.home.failedRecently}
        fallback={
          <Empty title="Nothing failed">
            <p>Failures of the last seven days show here, with why.</p>
          </Empty>
        }
      >
        {(failure) => (
          <li>
            <div class="grow stack tight">
              <div class="row spread">
                <A href={`/runs/${failure.id}`}>{runTitle(failure)}</A>
                <span class="muted small">
                  <RelativeTime at={failure.endedAt} />
                </span>
              </div>
              <p class="small bad-text">{failure.reason}</p>
            </div>
          </li>
        )}
      </For>
    </ul>
  );
}

function LateFrequencies(props: { home: HomeView }) {
  return (
    <ul class="list">
      <For
        each={props.home.late}
        fallback={
          <Empty title="Everything is on time">
            <p>Frequencies whose last tick should have made a run and has not show here.</p>
          </Empty>
        }
      >
        {(late) => (
          <li>
            <div class="grow">
              <A href={`/runs?frequency=${late.frequencyId}`}>{late.name}</A>
            </div>
            <span class="muted small">
              tick <RelativeTime at={late.tickAt} />
            </span>
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
