import { createSignal, lazy, Show, Suspense } from "solid-js";
import type { TableCosts } from "../../../shared/cost.ts";
import { Empty, Loading } from "../../components/Feedback.tsx";
import { QueryView } from "../../components/QueryView.tsx";
import { formatBytes, formatCount, formatPrice } from "../../format.ts";
import { createApiQuery } from "../../state/create-api-query.ts";
import { api } from "../../trpc.ts";

const DayChart = lazy(async () => ({
  default: (await import("../costs/DayChart.tsx")).DayChart,
}));

const spans = [30, 90, 365];

/** What the table's jobs billed a day: its runs, their extracts, and what was tried out in the editor. */
export function CostsTab(props: { id: number }) {
  const [days, setDays] = createSignal(30);
  const costs = createApiQuery(
    () => ["table", "costs", props.id, days()],
    (signal) => api.tables.costs.query({ id: props.id, days: days() }, { signal }),
    { keepPrevious: true, replace: true },
  );
  return (
    <div class="stack">
      <label class="row">
        <span class="muted">Show</span>
        <select
          class="select"
          style={{ width: "auto" }}
          value={days()}
          onChange={(event) => setDays(Number(event.currentTarget.value))}
        >
          {spans.map((span) => (
            <option value={span}>the last {span} days</option>
          ))}
        </select>
      </label>
      <QueryView query={costs} what="the costs" lines={8}>
        {(data) => (
          <Show when={data().jobs > 0} fallback={<Nothing />}>
            <Figures costs={data()} />
          </Show>
        )}
      </QueryView>
    </div>
  );
}

function Nothing() {
  return (
    <Empty title="No jobs in this time">
      <p>Each run of the table bills what its jobs read, and shows here.</p>
    </Empty>
  );
}

function Figures(props: { costs: TableCosts }) {
  const bytes = () => props.costs.perDay.reduce((sum, day) => sum + day.bytesBilled, 0);
  const most = () =>
    props.costs.perDay.reduce((best, day) => (day.price > best.price ? day : best));
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
          <dt>A job, on average</dt>
          <dd>
            {formatPrice(props.costs.totalPrice / props.costs.jobs)}{" "}
            <small>of {formatCount(props.costs.jobs)}</small>
          </dd>
        </div>
        <div class="stat">
          <dt>Dearest day</dt>
          <dd>
            {formatPrice(most().price)} <small>{most().day}</small>
          </dd>
        </div>
      </dl>
      <section class="card">
        <div class="card-head">
          <h2>By day</h2>
        </div>
        <Suspense fallback={<Loading what="the chart" lines={6} />}>
          <DayChart days={props.costs.perDay} />
        </Suspense>
      </section>
    </>
  );
}
