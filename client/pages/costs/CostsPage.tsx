import { useSearchParams } from "@solidjs/router";
import { For, lazy, Show, Suspense } from "solid-js";
import type { CostLine, CostsSummary } from "../../../shared/cost.ts";
import { Empty, Loading } from "../../components/Feedback.tsx";
import { csvOf } from "../../components/grid/grid-text.ts";
import { Icon } from "../../components/Icon.tsx";
import { Page } from "../../components/Page.tsx";
import { QueryView } from "../../components/QueryView.tsx";
import { Tabs } from "../../components/Tabs.tsx";
import { formatBytes, formatCount, formatPrice } from "../../format.ts";
import { createApiQuery } from "../../state/create-api-query.ts";
import { saveFile } from "../../state/save-file.ts";
import { api } from "../../trpc.ts";

const DayChart = lazy(async () => ({ default: (await import("./DayChart.tsx")).DayChart }));

const spans = [7, 30, 90];
const by = [
  { key: "byTable", label: "Table" },
  { key: "byUser", label: "Person" },
  { key: "byGroup", label: "Group" },
  { key: "byFrequency", label: "Frequency" },
] as const;

export function CostsPage() {
  const [params] = useSearchParams<{ days?: string }>();
  const days = () => spans.find((one) => String(one) === params.days) ?? 30;
  const costs = createApiQuery(
    () => ["costs", days()],
    (signal) => api.costs.summary.query({ days: days() }, { signal }),
    { keepPrevious: true, replace: true },
  );
  const info = createApiQuery(
    () => ["info"],
    (signal) => api.system.info.query(undefined, { signal }),
  );
  return (
    <Page
      title="Costs"
      lead={
        info.data()?.localCloud === true
          ? "What BigQuery would have billed for the jobs that ran on the local cloud."
          : "What BigQuery billed for the jobs of this installation."
      }
    >
      <Tabs
        label="Span"
        tabs={spans.map((span) => ({
          label: `${span} days`,
          href: `/costs?days=${span}`,
          get isActive() {
            return days() === span;
          },
        }))}
      />
      <QueryView query={costs} what="the costs" lines={8}>
        {(data) => <Summary costs={data()} />}
      </QueryView>
    </Page>
  );
}

function Summary(props: { costs: CostsSummary }) {
  const bytes = () => props.costs.perDay.reduce((sum, day) => sum + day.bytesBilled, 0);
  const jobs = () => props.costs.byTable.reduce((sum, line) => sum + line.jobs, 0);
  return (
    <>
      <dl class="stats">
        <div class="stat">
          <dt>Total</dt>
          <dd>{formatPrice(props.costs.totalPrice)}</dd>
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
      <Show when={props.costs.unreadJobs > 0}>
        <p class="muted">
          {formatCount(props.costs.unreadJobs)}{" "}
          {props.costs.unreadJobs === 1 ? "job is" : "jobs are"} in no sum: BigQuery has not shown
          what they billed. The jobs of their tables say why.
        </p>
      </Show>
      <section class="card">
        <div class="card-head">
          <h2>By day</h2>
        </div>
        <Suspense fallback={<Loading what="the chart" lines={6} />}>
          <DayChart days={props.costs.perDay} />
        </Suspense>
      </section>
      <div class="columns">
        <For each={by}>{(part) => <Lines title={part.label} lines={props.costs[part.key]} />}</For>
      </div>
    </>
  );
}

function Lines(props: { title: string; lines: CostLine[] }) {
  const most = () => Math.max(1, ...props.lines.map((line) => line.bytesBilled));
  const all = () => props.lines.reduce((sum, line) => sum + line.bytesBilled, 0);
  return (
    <section class="card">
      <div class="card-head">
        <h2>By {props.title.toLowerCase()}</h2>
        <Show when={props.lines.length > 0}>
          <button
            type="button"
            class="button small"
            aria-label={`By ${props.title.toLowerCase()} as CSV`}
            onClick={() => saveLines(props.title, props.lines)}
          >
            <Icon name="download" size={14} />
            CSV
          </button>
        </Show>
      </div>
      <Show when={props.lines.length > 0} fallback={<Empty title="Nothing billed" />}>
        <div class="table-wrap">
          <table class="table">
            <thead>
              <tr>
                <th scope="col">{props.title}</th>
                <th scope="col" class="right">
                  Jobs
                </th>
                <th scope="col" class="right">
                  Billed
                </th>
                <th scope="col" class="right">
                  Cost
                </th>
                <th scope="col" class="right">
                  Share
                </th>
              </tr>
            </thead>
            <tbody>
              <For each={props.lines.slice(0, 50)}>
                {(line) => (
                  <tr>
                    <td>
                      <div class="share">
                        <span class="truncate">{line.name}</span>
                        <i style={{ width: `${(line.bytesBilled / most()) * 100}%` }} />
                      </div>
                    </td>
                    <td class="right shrink">{formatCount(line.jobs)}</td>
                    <td class="right shrink">{formatBytes(line.bytesBilled)}</td>
                    <td class="right shrink">{formatPrice(line.price)}</td>
                    <td class="right shrink">
                      {Math.round((line.bytesBilled / Math.max(1, all())) * 100)} %
                    </td>
                  </tr>
                )}
              </For>
            </tbody>
          </table>
        </div>
      </Show>
    </section>
  );
}

/** All of them, more than are shown. */
function saveLines(title: string, lines: CostLine[]): void {
  const head = [title.toLowerCase(), "jobs", "bytesBilled", "price"];
  const rows = lines.map(({ name, jobs, bytesBilled, price }) => [name, jobs, bytesBilled, price]);
  saveFile(`costs-by-${title.toLowerCase()}.csv`, "text/csv", csvOf(head, rows));
}
