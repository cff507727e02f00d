import { Show } from "solid-js";
import { formatDuration, formatInstant, formatRelative } from "../format.ts";
import { clock } from "../state/create-clock.ts";

/** A relative time that moves, absolute on hover; a dash for null. */
export function RelativeTime(props: { at: string | null; none?: string }) {
  return (
    <Show when={props.at} fallback={<span class="muted">{props.none ?? "–"}</span>}>
      {(at) => (
        <time class="num" datetime={at()} title={formatInstant(at())}>
          {formatRelative(Date.parse(at()), clock())}
        </time>
      )}
    </Show>
  );
}

/** From a start to an end, or to now while it runs. */
export function Duration(props: { from: string | null; to: string | null }) {
  const ms = () => {
    const from = props.from;
    if (from === null) return null;
    return (props.to === null ? clock() : Date.parse(props.to)) - Date.parse(from);
  };
  return <span class="num">{ms() === null ? "–" : formatDuration(ms() ?? 0)}</span>;
}
