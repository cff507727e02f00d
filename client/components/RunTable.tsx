import { A } from "@solidjs/router";
import { createSignal, For, Show } from "solid-js";
import type { RunListItem } from "../../shared/run.ts";
import { requestText } from "../../shared/run-request.ts";
import { formatBytes } from "../format.ts";
import { Icon } from "./Icon.tsx";
import { RunProgress, runTitle, tickTitle } from "./RunProgress.tsx";
import { RunReasons } from "./RunReasons.tsx";
import { StatusPill } from "./Status.tsx";
import { Duration, RelativeTime } from "./Time.tsx";

/** Runs as rows, each with its progress and why it ended so; opened, with why of each table run. */
export function RunTable(props: { runs: RunListItem[] }) {
  return (
    <div class="card table-wrap">
      <table class="table">
        <thead>
          <tr>
            <th scope="col">
              <span class="visually-hidden">Why</span>
            </th>
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
          <For each={props.runs}>{(run) => <Row run={run} />}</For>
        </tbody>
      </table>
    </div>
  );
}

function Row(props: { run: RunListItem }) {
  const [isOpen, setOpen] = createSignal(false);
  return (
    <>
      <tr>
        <td class="shrink">
          <button
            type="button"
            class="button quiet icon small unfold"
            aria-expanded={isOpen()}
            aria-label={`Why the tables of run ${props.run.id} are in their states`}
            onClick={() => setOpen(!isOpen())}
          >
            <Icon name="down" size={14} />
          </button>
        </td>
        <td>
          <A href={`/runs/${props.run.id}`} title={tickTitle(props.run)}>
            {runTitle(props.run)}
          </A>
          <Show when={props.run.frequencyName !== null}>
            <span class="muted small"> {props.run.id}</span>
          </Show>
          <Show when={props.run.reason ?? requestText(props.run)}>
            {(why) => (
              <div class="why" classList={{ bad: props.run.state === "failed" }}>
                {why()}
              </div>
            )}
          </Show>
        </td>
        <td class="shrink">
          <StatusPill state={props.run.state} why={props.run.reason} />
        </td>
        <td style={{ "min-width": "9rem" }}>
          <RunProgress counts={props.run.counts} />
        </td>
        <td class="shrink">
          <RelativeTime at={props.run.createdAt} />
        </td>
        <td class="right shrink">
          <Duration from={props.run.createdAt} to={props.run.endedAt} />
        </td>
        <td class="right shrink">{formatBytes(props.run.bytesBilled)}</td>
        <td class="shrink muted">
          {props.run.kind === "tick" ? "tick" : (props.run.startedBy ?? "by hand")}
        </td>
      </tr>
      <Show when={isOpen()}>
        <tr>
          <td colSpan={8}>
            <RunReasons id={props.run.id} />
          </td>
        </tr>
      </Show>
    </>
  );
}
