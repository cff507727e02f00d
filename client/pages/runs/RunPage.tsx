import { useParams, useSearchParams } from "@solidjs/router";
import { createMemo, lazy, Match, Show, Suspense, Switch } from "solid-js";
import type { RunDetail } from "../../../shared/run.ts";
import { requestText } from "../../../shared/run-request.ts";
import { missedText } from "../../../shared/schedule-text.ts";
import { Empty, Loading } from "../../components/Feedback.tsx";
import { Page } from "../../components/Page.tsx";
import { QueryView } from "../../components/QueryView.tsx";
import { describeCounts, RunProgress, runTitle, tickTitle } from "../../components/RunProgress.tsx";
import { StatusPill } from "../../components/Status.tsx";
import { Tabs } from "../../components/Tabs.tsx";
import { Duration, RelativeTime } from "../../components/Time.tsx";
import { formatBytes, formatDuration, formatPlural, formatPrice } from "../../format.ts";
import { createApiQuery } from "../../state/create-api-query.ts";
import { clock } from "../../state/create-clock.ts";
import { api } from "../../trpc.ts";
import { RunActions } from "./RunActions.tsx";
import { RunTimeline } from "./RunTimeline.tsx";
import { TableRunDialog } from "./TableRunDialog.tsx";
import { TableRunList } from "./TableRunList.tsx";

const RunComparison = lazy(async () => ({
  default: (await import("./RunComparison.tsx")).RunComparison,
}));
const RunGraph = lazy(async () => ({ default: (await import("./RunGraph.tsx")).RunGraph }));

const tabs = [
  { id: "timeline", label: "Timeline" },
  { id: "graph", label: "Graph" },
  { id: "tables", label: "Table runs" },
  { id: "compare", label: "Compare" },
];
const bytesPerTib = 1024 ** 4;

export function RunPage() {
  const params = useParams<{ id: string; tab?: string }>();
  return (
    <Show when={params.id} keyed>
      {(id) => <OneRun id={Number(id)} tab={params.tab ?? "timeline"} />}
    </Show>
  );
}

function OneRun(props: { id: number; tab: string }) {
  const [search, setSearch] = useSearchParams<{ tableRun?: string }>();
  const choose = (tableRun: number | null) => setSearch({ tableRun }, { scroll: false });
  const run = createApiQuery(
    () => ["run", "get", props.id],
    (signal) => api.runs.get.query({ id: props.id }, { signal }),
    // Events carry the news; this covers one that got lost.
    { pollMs: (data) => (data?.state === "running" ? 5000 : false) },
  );
  const links = createMemo(() =>
    tabs.map((tab) => ({
      label: tab.label,
      href: `/runs/${props.id}${tab.id === "timeline" ? "" : `/${tab.id}`}`,
      get isActive() {
        return props.tab === tab.id;
      },
    })),
  );
  return (
    <Page
      title={title(run.data(), props.id)}
      crumbs={[{ label: "Runs", href: "/runs" }]}
      badge={
        <Show when={run.data()}>
          {(data) => <StatusPill state={data().state} why={data().reason} />}
        </Show>
      }
      lead={<Show when={run.data()}>{(data) => <Lead run={data()} />}</Show>}
      actions={<Show when={run.data()}>{(data) => <RunActions run={data()} />}</Show>}
    >
      <QueryView query={run} what="the run" lines={10}>
        {(data) => (
          <>
            <Show when={data().reason}>
              {(reason) => (
                <div class="notice" classList={{ bad: data().state === "failed" }}>
                  <div>{reason()}</div>
                </div>
              )}
            </Show>
            <Show when={data().missed}>
              {(missed) => (
                <div class="notice warn">
                  <div>
                    {missedText(missed())} its tick.
                    {data().state === "skipped" ? "" : " It makes up for them."}
                  </div>
                </div>
              )}
            </Show>
            <Summary run={data()} />
            <Show when={data().tableRuns.length > 0} fallback={<Empty title="Nothing of it ran" />}>
              <Tabs label="Views of the run" tabs={links()} />
              <Suspense fallback={<Loading what="the view" lines={8} />}>
                <Switch>
                  <Match when={props.tab === "timeline"}>
                    <RunTimeline run={data()} onChoose={choose} />
                  </Match>
                  <Match when={props.tab === "graph"}>
                    <RunGraph run={data()} />
                  </Match>
                  <Match when={props.tab === "tables"}>
                    <TableRunList run={data()} onChoose={choose} />
                  </Match>
                  <Match when={props.tab === "compare"}>
                    <RunComparison run={data()} onChoose={choose} />
                  </Match>
                </Switch>
              </Suspense>
            </Show>
            <Show when={Number(search.tableRun) || null} keyed>
              {(id) => <TableRunDialog id={id} onClose={() => choose(null)} />}
            </Show>
          </>
        )}
      </QueryView>
    </Page>
  );
}

function title(run: RunDetail | undefined, id: number): string {
  if (run === undefined || run.frequencyName === null) return `Run ${id}`;
  return `${runTitle(run)}, run ${id}`;
}

function Lead(props: { run: RunDetail }) {
  return (
    <dl class="facts">
      <div>
        <dt>Started</dt>
        <dd>
          <RelativeTime at={props.run.createdAt} />
          {props.run.kind === "tick" ? "" : ` by ${props.run.startedBy ?? "hand"}`}
          {requestText(props.run) === "" ? "" : ` for ${requestText(props.run)}`}
        </dd>
      </div>
      <Show when={tickTitle(props.run)}>{(tick) => <div class="muted">{tick()}</div>}</Show>
    </dl>
  );
}

function Summary(props: { run: RunDetail }) {
  const info = createApiQuery(
    () => ["info"],
    (signal) => api.system.info.query(undefined, { signal }),
  );
  const price = () => (props.run.bytesBilled / bytesPerTib) * (info.data()?.pricePerTib ?? 0);
  return (
    <dl class="stats run-stats">
      <div class="stat wide">
        <dt>{describeCounts(props.run.counts) || "no table runs"}</dt>
        <dd>
          <RunProgress counts={props.run.counts} />
        </dd>
      </div>
      <div class="stat">
        <dt>{props.run.endedAt === null ? "Running for" : "Took"}</dt>
        <dd>
          <Duration from={props.run.createdAt} to={props.run.endedAt} />
        </dd>
      </div>
      <Show when={props.run.criticalPath.length > 0}>
        <div class="stat">
          <dt title="The table runs that its length comes from: each let the next one go">
            Critical path
          </dt>
          <dd>
            {formatDuration(workedMs(props.run))}{" "}
            <small>{formatPlural(props.run.criticalPath.length, "table")}</small>
          </dd>
        </div>
      </Show>
      <div class="stat">
        <dt>Billed</dt>
        <dd>
          {formatPrice(price())} <small>{formatBytes(props.run.bytesBilled)}</small>
        </dd>
      </div>
    </dl>
  );
}

/** How long the table runs of the critical path took; the rest of the run's length was waiting. */
function workedMs({ tableRuns, criticalPath }: RunDetail): number {
  const onPath = new Set(criticalPath);
  return tableRuns
    .filter(({ id, startedAt }) => onPath.has(id) && startedAt !== null)
    .reduce((sum, { startedAt, endedAt }) => {
      const end = endedAt === null ? clock() : Date.parse(endedAt);
      return sum + end - Date.parse(startedAt ?? "");
    }, 0);
}
