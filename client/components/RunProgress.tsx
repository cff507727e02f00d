import { For } from "solid-js";
import type { RunListItem, TableRunState } from "../../shared/run.ts";
import { formatInstant } from "../format.ts";

/** What a run is called: its frequency and tick, or who started it. */
export function runTitle(
  run: Pick<RunListItem, "id" | "kind" | "frequencyName" | "startedBy">,
): string {
  if (run.frequencyName !== null) {
    return run.kind === "tick" ? run.frequencyName : `${run.frequencyName} (by hand)`;
  }
  return `Run ${run.id}`;
}

export function tickTitle(run: Pick<RunListItem, "tickAt">): string | undefined {
  return run.tickAt === null ? undefined : `tick of ${formatInstant(run.tickAt)}`;
}

const shown: TableRunState[] = ["succeeded", "failed", "skipped", "cancelled", "running"];

/** Table runs by state as one bar, with the count that is done. */
export function RunProgress(props: { counts: Record<TableRunState, number> }) {
  const total = () => Object.values(props.counts).reduce((sum, count) => sum + count, 0);
  const done = () => total() - props.counts.waiting - props.counts.ready - props.counts.running;
  return (
    <div class="run-progress" title={describeCounts(props.counts)}>
      <div
        class="progress mixed"
        role="progressbar"
        aria-label="Table runs done"
        aria-valuemin={0}
        aria-valuemax={total()}
        aria-valuenow={done()}
      >
        <For each={shown}>
          {(state) => (
            <div
              class={`fill-${state}`}
              style={{ width: `${(props.counts[state] / Math.max(1, total())) * 100}%` }}
            />
          )}
        </For>
      </div>
      <span class="num small muted">
        {done()}/{total()}
      </span>
    </div>
  );
}

/** `12 succeeded, 1 failed`. */
export function describeCounts(counts: Record<TableRunState, number>): string {
  return Object.entries(counts)
    .filter(([, count]) => count > 0)
    .map(([state, count]) => `${count} ${state}`)
    .join(", ");
}
