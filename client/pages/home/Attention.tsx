import { A } from "@solidjs/router";
import { For, type JSX, Show } from "solid-js";
import type { HomeView } from "../../../shared/system.ts";
import { RelativeTime } from "../../components/Time.tsx";
import { FailedRun } from "./FailedRun.tsx";

const mostOfAKind = 5;

/** What somebody may have to do something about, each with why. */
export function Attention(props: { home: HomeView }) {
  const isQuiet = () => {
    const { late, longWaits, failedRecently, overlaps } = props.home;
    return late.length + longWaits.length + failedRecently.length + overlaps.length === 0;
  };
  return (
    <section class="card" aria-label="Needs attention">
      <div class="card-head">
        <h2>Needs attention</h2>
      </div>
      <ul class="list">
        <Show when={isQuiet()}>
          <li class="muted">
            Nothing that failed in the last seven days is left, and nothing is late.
          </li>
        </Show>
        <Some all={props.home.late} noun="late ticks" href="/frequencies">
          {(late) => (
            <Item
              title={<A href={`/runs?frequency=${late.frequencyId}`}>{late.name}</A>}
              at={late.tickAt}
              why={lateText(late)}
            />
          )}
        </Some>
        <Some all={props.home.longWaits} noun="that wait long" href="/runs?state=running">
          {(wait) => (
            <Item
              title={
                <A href={`/runs/${wait.runId}?tableRun=${wait.tableRunId}`}>{wait.tableName}</A>
              }
              at={wait.since}
              why={wait.reason.text}
            />
          )}
        </Some>
        <Some all={props.home.failedRecently} noun="failed runs" href="/runs?state=failed">
          {(run) => <FailedRun run={run} />}
        </Some>
        <Some all={props.home.overlaps} noun="frequencies" href="/runs?state=skipped">
          {(overlap) => (
            <Item
              title={<A href={`/runs/${overlap.runId}`}>{overlap.name}</A>}
              at={overlap.tickAt}
              why={overlapText(overlap)}
            />
          )}
        </Some>
      </ul>
    </section>
  );
}

function lateText({ trouble }: HomeView["late"][number]): string {
  if (trouble === null) return "late: no daemon has made a run of its tick";
  return `late: no run can be made of its tick: ${trouble}`;
}

function overlapText({ count, reason }: HomeView["overlaps"][number]): string {
  return count === 1
    ? `tick skipped: ${reason}`
    : `${count} ticks skipped, the last one: ${reason}`;
}

/** The first few of a kind, and a way to the rest. */
function Some<T>(props: {
  all: T[];
  noun: string;
  href: string;
  children: (one: T) => JSX.Element;
}) {
  return (
    <>
      <For each={props.all.slice(0, mostOfAKind)}>{props.children}</For>
      <Show when={props.all.length > mostOfAKind}>
        <li class="small">
          <A href={props.href}>
            and {props.all.length - mostOfAKind} more {props.noun}
          </A>
        </li>
      </Show>
    </>
  );
}

function Item(props: { title: JSX.Element; at: string; why: string }) {
  return (
    <li>
      <div class="grow stack tight">
        <div class="row spread">
          {props.title}
          <span class="muted small">
            <RelativeTime at={props.at} />
          </span>
        </div>
        <p class="small warn-text">{props.why}</p>
      </div>
    </li>
  );
}
