import { Show } from "solid-js";
import type { HistoryResult as Result } from "../../../shared/history.ts";
import { Empty } from "../../components/Feedback.tsx";
import { GridActions } from "../../components/grid/GridActions.tsx";
import { ResultGrid } from "../../components/grid/ResultGrid.tsx";
import { formatDuration, formatPlural } from "../../format.ts";

export function HistoryResult(props: { result: Result; isOld: boolean }) {
  return (
    <section class="card" aria-label="Result" classList={{ old: props.isOld }}>
      <div class="card-head">
        <h2>
          {props.result.isCut ? "The first " : ""}
          {formatPlural(props.result.rows.length, "row")}
        </h2>
        <span class="muted small num">{formatDuration(props.result.tookMs)}</span>
        <Show when={props.isOld}>
          <span class="pill waiting">of the query before</span>
        </Show>
        <span style={{ flex: 1 }} />
        <GridActions name="history" schema={props.result.schema} rows={props.result.rows} />
      </div>
      <Show when={props.result.rows.length > 0} fallback={<Empty title="No rows" />}>
        <ResultGrid label="Rows" schema={props.result.schema} rows={props.result.rows} />
      </Show>
    </section>
  );
}
