import { For, type JSX, Show } from "solid-js";
import type { TickPreview } from "../../shared/frequency.ts";
import { formatInstant } from "../format.ts";
import type { ApiQuery } from "../state/create-api-query.ts";
import { RelativeTime } from "./Time.tsx";

interface Props {
  title: string;
  preview: ApiQuery<TickPreview>;
  timeZone: string | null;
  /** Instead of the ticks, where there is nothing to compute them from. */
  instead?: string | null | undefined;
  /** What to say where there are none, up to an instant. */
  none?: string;
  children?: JSX.Element;
}

/** The next ticks, on the wall clock of their zone and from now. */
export function NextTicks(props: Props) {
  return (
    <section class="notice" aria-label={props.title} aria-live="polite">
      <div>
        <strong>{props.title}</strong>
        <Show when={props.instead} fallback={<Ticks {...props} />}>
          {(text) => <p>{text()}</p>}
        </Show>
        {props.children}
      </div>
    </section>
  );
}

function Ticks(props: Props) {
  const zone = () => props.timeZone ?? "UTC";
  return (
    <Show when={props.preview.data()} fallback={<p>{props.preview.error()?.message ?? "…"}</p>}>
      {(data) => (
        <>
          <ul class="tick-list num" classList={{ muted: props.preview.isStale() }}>
            <For each={data().nextTicks}>
              {(tick) => (
                <li>
                  <span>{formatInstant(tick, zone())}</span>{" "}
                  <span class="muted">
                    <RelativeTime at={tick} />
                  </span>
                </li>
              )}
            </For>
          </ul>
          <Show when={data().searchedUntil}>
            {(until) => (
              <p>
                {data().nextTicks.length === 0 ? (props.none ?? "None") : "And none after them"} up
                to {formatInstant(until(), zone())}.
              </p>
            )}
          </Show>
        </>
      )}
    </Show>
  );
}
