import { createMemo, createSignal, For, Show } from "solid-js";
import { type RunDetail, type TableRunView, tableRunStates } from "../../../shared/run.ts";
import { ProgressBar } from "../../components/Feedback.tsx";
import { byNeed } from "../../components/RunReasons.tsx";
import { StatusPill } from "../../components/Status.tsx";
import { TableName } from "../../components/TableName.tsx";
import { Duration } from "../../components/Time.tsx";
import { formatBytes, formatCount, formatDuration } from "../../format.ts";

/** Each table run with why it is in its state; what needs a look comes first. */
export function TableRunList(props: { run: RunDetail; onChoose: (tableRunId: number) => void }) {
  const [state, setState] = createSignal<string>("");
  const rows = createMemo(() =>
    props.run.tableRuns.filter((row) => state() === "" || row.state === state()).sort(byNeed),
  );
  return (
    <div class="stack">
      <div style={{ width: "10rem" }}>
        <select
          class="select"
          aria-label="Filter by state"
          onChange={(event) => setState(event.currentTarget.value)}
        >
          <option value="">Any state</option>
          <For each={tableRunStates}>{(one) => <option value={one}>{one}</option>}</For>
        </select>
      </div>
      <div class="card table-wrap">
        <table class="table">
          <thead>
            <tr>
              <th scope="col">Table</th>
              <th scope="col">State</th>
              <th scope="col">Why</th>
              <th scope="col" class="right" title="Descendants in this run">
                Priority
              </th>
              <th
                scope="col"
                class="right"
                title="The longest path from it down, as past runs took or a guess: breaks ties of priority"
              >
                Below
              </th>
              <th scope="col" class="right">
                Took
              </th>
              <th scope="col" class="right">
                Rows
              </th>
              <th scope="col" class="right">
                Billed
              </th>
            </tr>
          </thead>
          <tbody>
            <For each={rows()}>
              {(row) => <Row row={row} onChoose={() => props.onChoose(row.id)} />}
            </For>
          </tbody>
        </table>
      </div>
    </div>
  );
}

function Row(props: { row: TableRunView; onChoose: () => void }) {
  return (
    <tr>
      <td class="shrink">
        <TableName id={props.row.tableId} name={props.row.tableName} kind={props.row.kind} />
      </td>
      <td class="shrink">
        <StatusPill state={props.row.state} />
      </td>
      <td>
        <button
          type="button"
          class="why-button"
          classList={{ bad: props.row.state === "failed" }}
          title="What happened to it, and its jobs"
          onClick={() => props.onChoose()}
        >
          {props.row.reason.text}
        </button>
        <Show when={props.row.state === "running" ? props.row.progress : null}>
          {(progress) => (
            <div class="stack tight" style={{ "max-width": "18rem" }}>
              <ProgressBar
                label={`Transfer of ${props.row.tableName}`}
                done={progress().rows}
                total={progress().totalRows}
              />
              <span class="small muted num">
                {formatCount(progress().rows)} rows, {formatBytes(progress().bytes)}
              </span>
            </div>
          )}
        </Show>
      </td>
      <td class="right shrink">{props.row.priority}</td>
      <td class="right shrink">{formatDuration(props.row.remainingSeconds * 1000)}</td>
      <td class="right shrink">
        <Duration from={props.row.startedAt} to={props.row.endedAt} />
      </td>
      <td class="right shrink">
        {props.row.rowCount === null ? "–" : formatCount(props.row.rowCount)}
      </td>
      <td class="right shrink">{formatBytes(props.row.bytesBilled)}</td>
    </tr>
  );
}
