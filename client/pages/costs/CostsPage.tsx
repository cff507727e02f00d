import { A, useSearchParams } from "@solidjs/router";
import { lazy, Show, Suspense } from "solid-js";
import { type CostsOf, type CostsSummary, costDimensions } from "../../../shared/cost.ts";
import { Change } from "../../components/Change.tsx";
import { Loading } from "../../components/Feedback.tsx";
import { csvOf } from "../../components/grid/grid-text.ts";
import { Page } from "../../components/Page.tsx";
import { QueryView } from "../../components/QueryView.tsx";
import { Tabs } from "../../components/Tabs.tsx";
import { formatBytes, formatCount, formatPrice } from "../../format.ts";
import { createApiQuery } from "../../state/create-api-query.ts";
import { saveFile } from "../../state/save-file.ts";
import { api } from "../../trpc.ts";
import { CardTools } from "./CardTools.tsx";
import { CostLines } from "./CostLines.tsx";
import { costsHref, daysSql, dimensionWords, moversSql } from "./cost-links.ts";
import { TopMovers } from "./TopMovers.tsx";

const DayChart = lazy(async () => ({ default: (await import("./DayChart.tsx")).DayChart }));

const spans = [7, 30, 90];

/** What jobs cost; of one table, person, group or frequency alone, where the address names it. */
export function CostsPage() {
  const [params] = useSearchParams<{ days?: string; by?: string; name?: string }>();
  const days = () => spans.find((one) => String(one) === params.days) ?? 30;
  const only = (): CostsOf | undefined => {
    const dimension = costDimensions.find((one) => one === params.by);
    return dimension && params.name ? { dimension, name: params.name } : undefined;
  };
  const costs = createApiQuery(
    () => ["costs", days(), only()],
    (signal) => api.costs.summary.query({ days: days(), only: only() }, { signal }),
    { keepPrevious: true, replace: true },
  );
  const info = createApiQuery(
    () => ["info"],
    (signal) => api.system.info.query(undefined, { signal }),
  );
  return (
    <Page
      title={only()?.name ?? "Costs"}
      {...(only() === undefined ? {} : { crumbs: [{ label: "Costs", href: costsHref(days()) }] })}
      lead={
        <>
          {info.data()?.localCloud === true
            ? "What BigQuery would have billed for the jobs that ran on the local cloud."
            : "What BigQuery billed for the jobs of this installation."}
          <Show when={only()}>
            {(one) => (
              <>
                {" "}
                Of one {dimensionWords[one().dimension]} only.{" "}
                <A href={costsHref(days())}>Show all</A>
              </>
            )}
          </Show>
        </>
      }
    >
      <Tabs
        label="Span"
        tabs={spans.map((span) => ({
          label: `${span} days`,
          get href() {
            return costsHref(span, only());
          },
          get isActive() {
            return days() === span;
          },
        }))}
      />
      <QueryView query={costs} what="the costs" lines={8}>
        {(data) => <Summary costs={data()} days={days()} only={only()} />}
      </QueryView>
    </Page>
  );
}

interface Span {
  costs: CostsSummary;
  days: number;
  only: CostsOf | undefined;
}

function Summary(props: Span) {
  return (
    <>
      <Totals {...props} />
      <Show when={props.costs.unreadJobs > 0}>
        <p class="muted">
          {formatCount(props.costs.unreadJobs)}{" "}
          {props.costs.unreadJobs === 1 ? "job is" : "jobs are"} in no sum: BigQuery has not shown
          what they billed. The jobs of their tables say why.
        </p>
      </Show>
      <section class="card" aria-label="Costs by day">
        <div class="card-head">
          <h2>By day</h2>
          <CardTools
            what="By day"
            sql={daysSql(props.days, props.only)}
            onCsv={() => saveDays(props.costs)}
          />
        </div>
        <Suspense fallback={<Loading what="the chart" lines={6} />}>
          <DayChart days={props.costs.perDay} />
        </Suspense>
      </section>
      <Show when={props.costs.movers.length > 0}>
        <section class="card" aria-label="Top movers">
          <div class="card-head">
            <h2>Top movers</h2>
            <span class="muted small">against the {props.days} days before</span>
            <CardTools what="Top movers" sql={moversSql(props.days, props.only)} />
          </div>
          <TopMovers lines={props.costs.movers} days={props.days} />
        </section>
      </Show>
      <div class="columns">
        <CostLines dimension="table" lines={props.costs.byTable} {...place(props)} />
        <CostLines dimension="user" lines={props.costs.byUser} {...place(props)} />
        <CostLines dimension="group" lines={props.costs.byGroup} {...place(props)} />
        <CostLines dimension="frequency" lines={props.costs.byFrequency} {...place(props)} />
      </div>
    </>
  );
}

const place = ({ days, only }: Span) => ({ days, only });

function Totals(props: Span) {
  const bytes = () => props.costs.perDay.reduce((sum, day) => sum + day.bytesBilled, 0);
  const jobs = () => props.costs.byTable.reduce((sum, line) => sum + line.jobs, 0);
  return (
    <dl class="stats">
      <div class="stat">
        <dt>Total</dt>
        <dd>
          {formatPrice(props.costs.totalPrice)}{" "}
          <small
            title={`${formatPrice(props.costs.totalPriceBefore)} in the ${props.days} days before`}
          >
            <Change now={props.costs.totalPrice} before={props.costs.totalPriceBefore} />
          </small>
        </dd>
      </div>
      <div class="stat">
        <dt>Billed</dt>
        <dd>{formatBytes(bytes())}</dd>
      </div>
      <div class="stat">
        <dt>Jobs</dt>
        <dd>{formatCount(jobs())}</dd>
      </div>
      <div class="stat">
        <dt>A day, on average</dt>
        <dd>{formatPrice(props.costs.totalPrice / Math.max(1, props.costs.perDay.length))}</dd>
      </div>
    </dl>
  );
}

function saveDays({ perDay }: CostsSummary): void {
  const rows = perDay.map(({ day, bytesBilled, price }) => [day, bytesBilled, price]);
  saveFile("costs-by-day.csv", "text/csv", csvOf(["day", "bytesBilled", "price"], rows));
}
