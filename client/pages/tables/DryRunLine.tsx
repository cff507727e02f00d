import { Match, Show, Switch } from "solid-js";
import type { TableKind } from "../../../shared/table.ts";
import { Icon } from "../../components/Icon.tsx";
import { formatBytes, formatPlural, formatPrice } from "../../format.ts";
import type { DryRunState } from "../../state/create-dry-run.ts";

/** The editor's last line: what a run would read and cost, or where the SQL is wrong. */
export function DryRunLine(props: { state: DryRunState; kind: TableKind }) {
  const done = () => (props.state.kind === "done" ? props.state.result : undefined);
  const good = () => {
    const result = done();
    return result?.ok ? result : undefined;
  };
  const bad = () => {
    const result = done();
    return result !== undefined && !result.ok ? result : undefined;
  };
  const failed = () => (props.state.kind === "failed" ? props.state.error : undefined);
  return (
    <div
      class="sql-foot"
      classList={{ bad: bad() !== undefined || failed() !== undefined }}
      role="status"
    >
      <Switch fallback={<span class="muted">{idleText(props.kind)}</span>}>
        <Match when={props.state.kind === "checking"}>
          <span class="muted">Checking…</span>
        </Match>
        <Match when={good()}>
          {(result) => (
            <>
              <span class="kind" style={{ color: "var(--ok)" }}>
                <Icon name="check" size={14} />
                Valid
              </span>
              <Show when={props.kind === "summary"}>
                <span class="num">reads {formatBytes(result().bytesProcessed)}</span>
                <Show when={result().price !== null}>
                  <span class="num">{formatPrice(result().price ?? 0)} a run</span>
                </Show>
                <span class="num">{formatPlural(result().schema.length, "column")}</span>
              </Show>
              <Show when={result().warnings[0]}>
                {(warning) => <span style={{ color: "var(--warn)" }}>{warning()}</span>}
              </Show>
            </>
          )}
        </Match>
        <Match when={bad()}>
          {(result) => (
            <>
              <Show when={result().line}>
                <strong class="num">
                  {result().line}:{result().column ?? 1}
                </strong>
              </Show>
              <span>{result().message}</span>
            </>
          )}
        </Match>
        <Match when={failed()}>
          {(error) => (
            <span>
              {error().message} {error().hint}
            </span>
          )}
        </Match>
      </Switch>
    </div>
  );
}

function idleText(kind: TableKind): string {
  return kind === "import"
    ? "SELECT … FROM one table [WHERE …] [LIMIT n]; empty imports every column of the table below"
    : "Bytes, price and errors show as you stop typing";
}
