import { Match, Show, Switch } from "solid-js";
import type { QueryPreview } from "../../../shared/table.ts";
import { ErrorNotice, ProgressBar } from "../../components/Feedback.tsx";
import { GridActions } from "../../components/grid/GridActions.tsx";
import { ResultGrid } from "../../components/grid/ResultGrid.tsx";
import { Icon } from "../../components/Icon.tsx";
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatPlural,
  formatPrice,
} from "../../format.ts";
import { clock } from "../../state/create-clock.ts";
import type { Preview } from "../../state/create-preview.ts";

/** What the SQL in the editor answered when it was run there, or how it goes. */
export function QueryResult(props: { preview: Preview; name: string; sql: string }) {
  const of = <K extends string>(kind: K) => {
    const state = props.preview.state();
    return state.kind === kind ? (state as Extract<typeof state, { kind: K }>) : undefined;
  };
  return (
    <Switch>
      <Match when={of("running")}>
        {(state) => (
          <section class="card pad row" aria-label="Preview" role="status">
            <span class="num">
              Running for {formatDuration(Math.max(0, clock() - state().since))}
            </span>
            <div style={{ flex: 1 }}>
              <ProgressBar label="Preview" done={0} total={null} />
            </div>
            <button type="button" class="button small" onClick={() => props.preview.close()}>
              Cancel
            </button>
          </section>
        )}
      </Match>
      <Match when={of("failed")}>{(state) => <ErrorNotice error={state().error} />}</Match>
      <Match when={of("done")}>
        {(state) => (
          <section class="card" aria-label="Preview">
            <div class="card-head">
              <h2>{formatPlural(state().result.totalRows, "row")}</h2>
              <span class="muted small num">{describe(state().result)}</span>
              <Show when={state().sql !== props.sql}>
                <span class="pill waiting">of other SQL than is in the editor</span>
              </Show>
              <span style={{ flex: 1 }} />
              <GridActions
                name={props.name}
                schema={state().result.schema}
                rows={state().result.rows}
              />
              <button
                type="button"
                class="button quiet icon small"
                aria-label="Close the preview"
                onClick={() => props.preview.close()}
              >
                <Icon name="close" size={14} />
              </button>
            </div>
            <ResultGrid
              label="Rows of the preview"
              schema={state().result.schema}
              rows={state().result.rows}
            />
          </section>
        )}
      </Match>
    </Switch>
  );
}

function describe(result: QueryPreview): string {
  const shown = result.rows.length;
  return [
    ...(result.totalRows > shown ? [`the first ${formatCount(shown)} shown`] : []),
    formatDuration(result.tookMs),
    result.cacheHit
      ? "from the cache, free"
      : `${formatBytes(result.bytesBilled)} billed, ${formatPrice(result.price)}`,
  ].join(" · ");
}
