import { A, useSearchParams } from "@solidjs/router";
import { createMemo, For, Show } from "solid-js";
import type { RunDetail, RunListItem } from "../../../shared/run.ts";
import {
  type ComparedTable,
  type ComparedTableRun,
  type RunComparison as Comparison,
  type RunChange,
  runChanges,
} from "../../../shared/run-comparison.ts";
import { Change } from "../../components/Change.tsx";
import { Empty } from "../../components/Feedback.tsx";
import { QueryView } from "../../components/QueryView.tsx";
import { runTitle } from "../../components/RunProgress.tsx";
import { StatusPill } from "../../components/Status.tsx";
import { TableName } from "../../components/TableName.tsx";
import { RelativeTime } from "../../components/Time.tsx";
import { formatBytes, formatCount, formatDuration } from "../../format.ts";
import { createApiQuery } from "../../state/create-api-query.ts";
import { clock } from "../../state/create-clock.ts";
import { api } from "../../trpc.ts";
import { CompareWith } from "./CompareWith.tsx";

const words: Record<RunChange, string> = {
  broke: "did not succeed any more",
  gone: "gone",
  new: "new",
  slower: "slower",
  dearer: "dearer",
  rows: "other row count",
  mended: "succeeded again",
  faster: "faster",
  cheaper: "cheaper",
};

/** What is new, gone, slower or dearer in it, beside the run before it or any other. */
export function RunComparison(props: { run: RunDetail; onChoose: (tableRunId: number) => void }) {
  const [search, setSearch] = useSearchParams<{ with?: string; change?: string }>();
  const withId = () => Number(search.with) || undefined;
  const comparison = createApiQuery(
    () => ["run", "compare", props.run.id, withId()],
    (signal) => api.runs.compare.query({ id: props.run.id, withId: withId() }, { signal }),
    { keepPrevious: true },
  );
  return (
    <QueryView query={comparison} what="the comparison" lines={8}>
      {(data) => (
        <div class="stack">
          <CompareWith
            run={props.run}
            before={data().before}
            onChoose={(id) => setSearch({ with: id }, { scroll: false })}
          />
          <Show
            when={data().before}
            fallback={
              <Empty title="No run like it came before">
                <p>Choose another run to hold it against.</p>
              </Empty>
            }
          >
            {(before) => (
              <>
                <Totals run={data().run} before={before()} tables={data().tables} />
                <Changes
                  comparison={data()}
                  chosen={search.change}
                  onFilter={(change) => setSearch({ change }, { scroll: false })}
                  onChoose={props.onChoose}
                />
              </>
            )}
          </Show>
        </div>
      )}
    </QueryView>
  );
}

function Totals(props: { run: RunListItem; before: RunListItem; tables: ComparedTable[] }) {
  const lengthOf = (run: RunListItem) =>
    (run.endedAt === null ? clock() : Date.parse(run.endedAt)) - Date.parse(run.createdAt);
  const rowsOf = (part: "now" | "before") =>
    props.tables.reduce((sum, table) => sum + (table[part]?.rowCount ?? 0), 0);
  return (
    <dl class="stats" aria-label="Both runs as a whole">
      <div class="stat">
        <dt>State</dt>
        <dd class="stat-states">
          <StatusPill state={props.run.state} />
          <small>
            after <A href={`/runs/${props.before.id}`}>{runTitle(props.before)}</A>, run{" "}
            {props.before.id}: {props.before.state} <RelativeTime at={props.before.createdAt} />
          </small>
        </dd>
      </div>
      <Total
        label="Took"
        now={lengthOf(props.run)}
        before={lengthOf(props.before)}
        format={formatDuration}
      />
      <Total
        label="Billed"
        now={props.run.bytesBilled}
        before={props.before.bytesBilled}
        format={formatBytes}
      />
      <Total label="Rows" now={rowsOf("now")} before={rowsOf("before")} format={formatCount} />
    </dl>
  );
}

function Total(props: {
  label: string;
  now: number;
  before: number;
  format: (value: number) => string;
}) {
  return (
    <div class="stat">
      <dt>{props.label}</dt>
      <dd>
        {props.format(props.now)}{" "}
        <small>
          <Show when={props.now !== props.before} fallback="as before">
            was {props.format(props.before)} <Change now={props.now} before={props.before} />
          </Show>
        </small>
      </dd>
    </div>
  );
}

function Changes(props: {
  comparison: Comparison;
  chosen: string | undefined;
  onFilter: (change: RunChange | null) => void;
  onChoose: (tableRunId: number) => void;
}) {
  const counts = createMemo(() =>
    runChanges
      .map((change) => ({
        change,
        count: props.comparison.tables.filter(({ changes }) => changes.includes(change)).length,
      }))
      .filter(({ count }) => count > 0),
  );
  const chosen = () => runChanges.find((change) => change === props.chosen);
  const shown = createMemo(() => {
    const change = chosen();
    const { tables } = props.comparison;
    return change === undefined ? tables : tables.filter(({ changes }) => changes.includes(change));
  });
  return (
    <>
      <div class="chips">
        <For
          each={counts()}
          fallback={<span class="muted">No table differs in anything that matters.</span>}
        >
          {({ change, count }) => (
            <button
              type="button"
              class="chip"
              aria-pressed={chosen() === change}
              onClick={() => props.onFilter(chosen() === change ? null : change)}
            >
              {formatCount(count)} {words[change]}
            </button>
          )}
        </For>
      </div>
      <div class="card table-wrap">
        <table class="table" aria-label="Tables of both runs">
          <thead>
            <tr>
              <th scope="col">Table</th>
              <th scope="col">What changed</th>
              <th scope="col">State</th>
              <th scope="col" class="right">
                Took
              </th>
              <th scope="col" class="right">
                Billed
              </th>
              <th scope="col" class="right">
                Rows
              </th>
            </tr>
          </thead>
          <tbody>
            <For each={shown()}>{(table) => <Row table={table} onChoose={props.onChoose} />}</For>
          </tbody>
        </table>
      </div>
    </>
  );
}

function Row(props: { table: ComparedTable; onChoose: (tableRunId: number) => void }) {
  const { onChoose } = props;
  return (
    <tr>
      <td class="shrink">
        <TableName id={props.table.tableId} name={props.table.tableName} kind={props.table.kind} />
      </td>
      <td class="muted small">
        {props.table.changes.map((change) => words[change]).join(", ") || "nothing"}
      </td>
      <td class="shrink">
        <Show when={props.table.now} fallback={<span class="muted">not in this run</span>}>
          {(now) => (
            <button
              type="button"
              class="pill-button"
              title="What happened to it, and its jobs"
              onClick={() => onChoose(now().tableRunId)}
            >
              <StatusPill state={now().state} />
            </button>
          )}
        </Show>
        <Show when={props.table.before && props.table.before.state !== props.table.now?.state}>
          <div class="small muted">was {props.table.before?.state}</div>
        </Show>
      </td>
      <Figure table={props.table} of={(part) => part.tookMs} format={formatDuration} />
      <Figure table={props.table} of={(part) => part.bytesBilled} format={formatBytes} />
      <Figure table={props.table} of={(part) => part.rowCount} format={formatCount} />
    </tr>
  );
}

/** Now, and below it what it was. */
function Figure(props: {
  table: ComparedTable;
  of: (part: ComparedTableRun) => number | null;
  format: (value: number) => string;
}) {
  const now = () => (props.table.now ? props.of(props.table.now) : null);
  const before = () => (props.table.before ? props.of(props.table.before) : null);
  const text = (value: number | null) => (value === null ? "–" : props.format(value));
  return (
    <td class="right shrink">
      <div>{text(now())}</div>
      <Show when={before() !== null && before() !== now()}>
        <div class="small muted">
          was {text(before())}{" "}
          <Show when={now() !== null}>
            <Change now={now() ?? 0} before={before() ?? 0} />
          </Show>
        </div>
      </Show>
    </td>
  );
}
