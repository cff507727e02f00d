import { A } from "@solidjs/router";
import { createMemo, For, Show } from "solid-js";
import type { RunDetail, TableRunView } from "../../../shared/run.ts";
import { Kind } from "../../components/Status.tsx";
import { Duration } from "../../components/Time.tsx";
import { formatDuration } from "../../format.ts";
import { clock } from "../../state/create-clock.ts";
import { formatOffset, marksOf } from "./time-scale.ts";

/**
 * A Gantt chart: per table run a thin bar while it was ready and waited for a slot, and a full one
 * while it ran. A resumed run may begin long before its bars; the chart begins with the first bar.
 */
export function RunTimeline(props: { run: RunDetail }) {
  const begin = createMemo(() => {
    const first = props.run.tableRuns.flatMap((one) => instants(one.readyAt ?? one.startedAt));
    return first.length === 0 ? Date.parse(props.run.createdAt) : Math.min(...first);
  });
  const end = () =>
    props.run.endedAt === null
      ? clock()
      : Math.max(begin() + 1, ...props.run.tableRuns.flatMap((one) => instants(one.endedAt)));
  const span = () => Math.max(1, end() - begin());
  const marks = createMemo(() => marksOf(span()));
  const rows = createMemo(() => [...props.run.tableRuns].sort(byStart));
  return (
    <section class="card gantt" aria-label="Timeline">
      <div class="gantt-rows">
        <div class="gantt-row gantt-head" aria-hidden="true">
          <span class="gantt-name">Table</span>
          <div class="gantt-track">
            <For each={marks()}>
              {(mark) => (
                <span class="gantt-tick num" style={{ left: `${(mark / span()) * 100}%` }}>
                  {formatOffset(mark)}
                </span>
              )}
            </For>
          </div>
          <span class="gantt-took">Took</span>
        </div>
        <For each={rows()}>
          {(row) => (
            <div class="gantt-row" title={whyOf(row)}>
              <span class="gantt-name">
                <Kind kind={row.kind} iconOnly />
                <A class="truncate" href={`/tables/${row.tableId}`}>
                  {row.tableName}
                </A>
              </span>
              <div class="gantt-track">
                <For each={marks()}>
                  {(mark) => (
                    <span class="gantt-tick" style={{ left: `${(mark / span()) * 100}%` }} />
                  )}
                </For>
                <Bars row={row} begin={begin()} end={end()} />
              </div>
              <span class="gantt-took num">
                <Show when={row.startedAt} fallback={row.state}>
                  <Duration from={row.startedAt} to={row.endedAt} />
                </Show>
              </span>
            </div>
          )}
        </For>
      </div>
    </section>
  );
}

function Bars(props: { row: TableRunView; begin: number; end: number }) {
  const place = (from: number, to: number) => {
    const span = Math.max(1, props.end - props.begin);
    return {
      left: `${(Math.max(0, from - props.begin) / span) * 100}%`,
      width: `${(Math.max(0, to - Math.max(from, props.begin)) / span) * 100}%`,
    };
  };
  const endOr = (iso: string | null) => (iso === null ? props.end : Date.parse(iso));
  return (
    <>
      <Show when={props.row.readyAt}>
        {(ready) => (
          <span
            class="bar wait"
            style={place(Date.parse(ready()), endOr(props.row.startedAt ?? props.row.endedAt))}
          />
        )}
      </Show>
      <Show when={props.row.startedAt}>
        {(started) => (
          <span
            class={`bar ${props.row.state}`}
            style={place(Date.parse(started()), endOr(props.row.endedAt))}
          />
        )}
      </Show>
    </>
  );
}

function whyOf(row: TableRunView): string {
  const parts = [`${row.tableName}: ${row.state}`];
  if (row.state === "running" && row.step !== null) parts.push(`now: ${row.step}`);
  if (row.reason !== null) parts.push(row.reason.text);
  if (row.readyAt !== null && row.startedAt !== null) {
    const waited = Date.parse(row.startedAt) - Date.parse(row.readyAt);
    if (waited > 100) parts.push(`waited ${formatDuration(waited)} for a slot`);
  }
  return parts.join("\n");
}

function byStart(a: TableRunView, b: TableRunView): number {
  const start = (row: TableRunView) => row.startedAt ?? row.readyAt ?? "9";
  if (start(a) !== start(b)) return start(a) < start(b) ? -1 : 1;
  return b.priority - a.priority || a.id - b.id;
}

function instants(iso: string | null): number[] {
  return iso === null ? [] : [Date.parse(iso)];
}
