import { A } from "@solidjs/router";
import { For, Show } from "solid-js";
import type { RunListItem } from "../../shared/run.ts";
import { formatBytes } from "../format.ts";
import { RunProgress, runTitle, tickTitle } from "./RunProgress.tsx";
import { StatusPill } from "./Status.tsx";
import { Duration, RelativeTime } from "./Time.tsx";

/** Runs as rows, each with its progress and why it ended so. */
export function RunTable(props: { runs: RunListItem[] }) {
  return (
    <div class="card table-wrap">
      <table class="table">
        <thead>
          <tr>
            <th scope="col">Run</th>
            <th scope="col">State</th>
            <th scope="col">Table runs</th>
            <th scope="col">Started</th>
            <th scope="col" class="right">
              Took
            </th>
            <th scope="col" class="right">
              Billed
            </th>
            <th scope="col">By</th>
          </tr>
        </thead>
        <tbody>
          <For each={props.runs}>
            {(run) => (
              <tr>
                <td>
                  <A href={`/runs/${run.id}`} title={tickTitle(run)}>
                    {runTitle(run)}
                  </A>
                  <Show when={run.frequencyName !== null}>
                    <span class="muted small"> {run.id}</span>
                  </Show>
                  <Show when={run.reason}>
                    <div class="why" classList={{ bad: run.state === "failed" }}>
                      {run.reason}
                    </div>
                  </Show>
                </td>
                <td class="shrink">
                  <StatusPill state={run.state} why={run.reason} />
                </td>
                <td style={{ "min-width": "9rem" }}>
                  <RunProgress counts={run.counts} />
                </td>
                <td class="shrink">
                  <RelativeTime at={run.createdAt} />
                </td>
                <td class="right shrink">
                  <Duration from={run.createdAt} to={run.endedAt} />
                </td>
                <td class="right shrink">{formatBytes(run.bytesBilled)}</td>
                <td class="shrink muted">
                  {run.kind === "tick" ? "tick" : (run.startedBy ?? "by hand")}
                </td>
              </tr>
            )}
          </For>
        </tbody>
      </table>
    </div>
  );
}
