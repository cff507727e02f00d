import { A } from "@solidjs/router";
import { createMemo, createSignal, For, Show } from "solid-js";
import type { RunDetail, TableRunView } from "../../../shared/run.ts";
import { CheckField } from "../../components/Field.tsx";
import { Kind } from "../../components/Status.tsx";
import { Duration } from "../../components/Time.tsx";
import { formatDuration } from "../../format.ts";
import { clock } from "../../state/create-clock.ts";
import { type PhaseKind, phasesOf, phaseWords } from "./phases.ts";
import { formatOffset, marksOf } from "./time-scale.ts";

/** Where the chart begins and ends, and how a stretch of it is placed. */
interface Scale {
  begin: number;
  end: number;
  place: (from: number, to: number) => { left: string; width: string };
}

/**
 * A Gantt chart: per table run thin bars while it waited, by what for, and a full one while it
 * worked; what its run's length comes from is marked. A resumed run may begin long before its bars:
 * the chart begins with the first bar. Each bar leads to the table run's story.
 */
export function RunTimeline(props: { run: RunDetail; onChoose: (tableRunId: number) => void }) {
  const [criticalOnly, setCriticalOnly] = createSignal(false);
  const scale = createScale(props);
  const span = () => scale().end - scale().begin;
  const marks = createMemo(() => marksOf(span()));
  const critical = createMemo(() => new Set(props.run.criticalPath));
  const rows = createMemo(() =>
    props.run.tableRuns.filter(({ id }) => !criticalOnly() || critical().has(id)).sort(byStart),
  );
  return (
    <div class="stack">
      <div class="row spread">
        <Legend />
        <CheckField
          label="Critical path only"
          checked={criticalOnly()}
          onChange={setCriticalOnly}
          disabled={props.run.criticalPath.length === 0}
        />
      </div>
      <section class="card gantt" aria-label="Timeline">
        <div class="gantt-rows" style={{ "--step": offset(marks()[1] ?? 2 * span(), scale()) }}>
          <div class="gantt-row gantt-head" aria-hidden="true">
            <span class="gantt-name">Table</span>
            <div class="gantt-track">
              <For each={marks()}>
                {(mark) => (
                  <span class="gantt-tick num" style={{ left: offset(mark, scale()) }}>
                    {formatOffset(mark)}
                  </span>
                )}
              </For>
            </div>
            <span class="gantt-took">Took</span>
          </div>
          <For each={rows()}>
            {(row) => (
              <div class="gantt-row" classList={{ critical: critical().has(row.id) }}>
                <span class="gantt-name">
                  <Kind kind={row.kind} iconOnly />
                  <A class="truncate" href={`/tables/${row.tableId}`}>
                    {row.tableName}
                  </A>
                </span>
                <button
                  type="button"
                  class="gantt-track"
                  title={titleOf(row)}
                  aria-label={`Why ${row.tableName} ${row.state}: ${row.reason.text}`}
                  onClick={() => props.onChoose(row.id)}
                >
                  <Bars row={row} scale={scale()} />
                </button>
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
    </div>
  );
}

function createScale(props: { run: RunDetail }): () => Scale {
  const begin = createMemo(() => {
    const first = props.run.tableRuns.flatMap((one) => instants(one.readyAt ?? one.startedAt));
    return first.length === 0 ? Date.parse(props.run.createdAt) : Math.min(...first);
  });
  return createMemo(() => {
    const from = begin();
    const ends = props.run.tableRuns.flatMap((one) => instants(one.endedAt));
    const end = Math.max(from + 1, ...(props.run.endedAt === null ? [clock()] : ends));
    const percent = (ms: number) => `${(Math.max(0, ms) / (end - from)) * 100}%`;
    const place = (a: number, b: number) => ({ left: percent(a - from), width: percent(b - a) });
    return { begin: from, end, place };
  });
}

function offset(ms: number, { begin, place }: Scale): string {
  return place(begin + ms, begin + ms).left;
}

function Legend() {
  return (
    <div class="legend" aria-hidden="true">
      <For each={Object.entries(phaseWords)}>
        {([kind, words]) => (
          <span>
            <i class={`bar ${kind} succeeded`} />
            {words}
          </span>
        )}
      </For>
      <span>
        <i class="bar work succeeded on-path" />
        critical path
      </span>
    </div>
  );
}

/** Its bars; a table run that never started says why in the room that they leave. */
function Bars(props: { row: TableRunView; scale: Scale }) {
  const phases = () => phasesOf(props.row, props.scale.begin, props.scale.end);
  return (
    <>
      <For each={phases()}>
        {(phase) => (
          <span
            class={`bar ${phase.kind}`}
            classList={{ [props.row.state]: phase.kind === "work" }}
            style={props.scale.place(phase.from, phase.to)}
          />
        )}
      </For>
      <Show when={props.row.startedAt === null}>
        <span class="gantt-why truncate">{props.row.reason.text}</span>
      </Show>
    </>
  );
}

/** Its state, why, and how long it did what. */
function titleOf(row: TableRunView): string {
  const lengths = new Map<PhaseKind, number>();
  for (const { kind, from, to } of phasesOf(row, 0, clock())) {
    if (kind !== "parents" && to - from >= 100) lengths.set(kind, to - from);
  }
  return [
    `${row.tableName}: ${row.state}`,
    row.reason.text,
    ...[...lengths].map(([kind, ms]) => `${phaseWords[kind]} ${formatDuration(ms)}`),
  ].join("\n");
}

function byStart(a: TableRunView, b: TableRunView): number {
  const start = (row: TableRunView) => row.startedAt ?? row.readyAt ?? "9";
  if (start(a) !== start(b)) return start(a) < start(b) ? -1 : 1;
  return b.priority - a.priority || a.id - b.id;
}

function instants(iso: string | null): number[] {
  return iso === null ? [] : [Date.parse(iso)];
}
